"""Jitter and windows: how much later than its base each occurrence is dispatched. The same everywhere, always."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from scheduler.timetable.duration import LONGEST
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.schedule import EPOCH

_SECOND = timedelta(seconds=1)
_WINDOW_EXPECTED = 'two times such as "02:00-04:00", or "22:00-02:00" over midnight'
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
# 24:00 is how people write it; for the clocks that is the beginning of the next day.
_WINDOW = re.compile(rf"({_TIME}) *- *(?:({_TIME})|24:00(?::00)?)", re.ASCII)


@dataclass(frozen=True)
class Jitter:
    """Each occurrence up to `length` later.

    Raises ScheduleError for one that is not one or more whole seconds, or more than a hundred years.
    """

    length: timedelta
    seed: str

    def __post_init__(self) -> None:
        if self.length < _SECOND or self.length.microseconds:
            raise ScheduleError(f'the jitter "{self.length}" is not in whole seconds', "1s or more", "jitter")
        if self.length > LONGEST:
            raise ScheduleError("the jitter is longer than a hundred years", "a shorter one", "jitter")


@dataclass(frozen=True)
class Window:
    """At some moment from `starts` up to `ends` on the clock, instead of the schedule's own time of day.

    Both are times on the clock of the schedule's zone; where `ends` is not later, it is on the following day. Raises
    ScheduleError for two equal times, and for a time with a zone of its own or a fraction of a second.
    """

    starts: time
    ends: time
    seed: str

    def __post_init__(self) -> None:
        if self.starts == self.ends:
            expected = 'two different times, such as "02:00-04:00"; the longest is "00:00-23:59:59"'
            raise ScheduleError(f"the window {self} is empty", expected, "window")
        for one in (self.starts, self.ends):
            if one.tzinfo is not None or one.microsecond:
                raise ScheduleError(f'"{one.isoformat()}" is not a time of day', 'one such as "02:00"', "window")

    @classmethod
    def parse(cls, text: str, seed: str) -> "Window":
        """Read `02:00-04:00`. Raises ScheduleError for another form."""
        match = _WINDOW.fullmatch(text)
        if match is None:
            raise ScheduleError(f'"{text}" is not a window', _WINDOW_EXPECTED, "window")
        return cls(_time(match[1]), _time(match[2] or "0:00"), seed)

    def __str__(self) -> str:
        return "-".join(one.isoformat("seconds" if one.second else "minutes") for one in (self.starts, self.ends))

    @property
    def crosses_midnight(self) -> bool:
        """Ask whether it ends on the day after."""
        return self.ends < self.starts


Spread = Jitter | Window


def _time(text: str) -> time:
    hours, _, rest = text.partition(":")
    return time.fromisoformat(f"{hours:0>2}:{rest}")


def offset(seed: str, nominal: datetime, room: timedelta) -> timedelta:
    """Return the delay of an occurrence: whole seconds, at least none and less than `room`, evenly spread."""
    from hashlib import sha256  # few schedules ask, and it takes a tenth of the import of all the rest

    text = f"{seed}@{(nominal - EPOCH) // _SECOND}"
    number = int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8])
    return timedelta(seconds=number * (room // _SECOND) >> 64)
