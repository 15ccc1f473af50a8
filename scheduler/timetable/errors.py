"""What is wrong with a schedule, in two parts that a caller can put a position before."""

from scheduler.errors import SchedulerError


class ScheduleError(SchedulerError, ValueError):
    """A schedule that cannot be: `what` is wrong, and what was `expected` instead.

    `part` is the part of the timetable at fault (`ends`, `move_to`, `jitter`, `window`), empty for the schedule itself.
    """

    def __init__(self, what: str, expected: str, part: str = "") -> None:
        super().__init__(f"{what}, expected {expected}")
        self.what = what
        self.expected = expected
        self.part = part

    def __reduce__(self) -> tuple[type["ScheduleError"], tuple[str, str, str]]:
        return type(self), (self.what, self.expected, self.part)
