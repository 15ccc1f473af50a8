"""What is wrong with the content of a calendar."""

from scheduler.errors import SchedulerError


class CalendarError(SchedulerError):
    """Days that cannot be had, or may be wrong: what is, and what was `expected`. `part` is the key at fault."""

    def __init__(self, what: str, expected: str, part: str = "") -> None:
        super().__init__(f"{what}, expected {expected}")
        self.part = part
        self.what = what
        self.expected = expected
