"""The times of one day in short, so that days can be compared and joined without going through them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from scheduler.timetable.local_day import start_of_day
from scheduler.timetable.schedule import INSTANT, Schedule

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class DayTimes(NamedTuple):
    """The first and the last time at which a schedule runs on a day of 24 hours, in seconds of it, and how many.

    On two days of a crontab these are the same only where all are; those of an interval are evenly spaced. Of instants
    that are written down, they say less.
    """

    first: int
    last: int
    number: int

    @classmethod
    def of(cls, schedule: Schedule, day: date) -> "DayTimes | None":
        """Return those of a local day; None for one on which the clocks change."""
        begins, ends = start_of_day(day, schedule.timezone), start_of_day(day + _DAY, schedule.timezone)
        if ends - begins != _DAY:
            return None
        count = schedule.count(begins - INSTANT, ends - INSTANT)
        first, last = schedule.after(begins - INSTANT), schedule.before(ends)
        if not count or first is None or last is None:
            return NONE
        return cls(_seconds(first - begins), _seconds(last - begins), count)

    def spaced(self, step: timedelta | None) -> range | None:
        """Return all of them, if they are a multiple of the schedule's smallest `step` apart, each from the next."""
        seconds = 0 if step is None else _seconds(step)
        if self.last - self.first != (self.number - 1) * seconds:
            return None
        return range(self.first, self.last + 1, seconds or 1)


NONE = DayTimes(0, -1, 0)


def count_together(schedule: Schedule, days: Iterable[date]) -> int | None:
    """Return how many times of day the schedule runs at on some of the days; None where that takes a look at each."""
    found = []
    for day in days:
        times = DayTimes.of(schedule, day)
        if times is None:
            return None
        if times.number:
            found.append(times)
    if len(set(found)) <= 1:
        return found[0].number if found else 0
    step = schedule.smallest_interval()
    spaced = [one.spaced(step) for one in found]
    if None in spaced:
        return None
    return len(set().union(*(one for one in spaced if one is not None)))


def _seconds(length: timedelta) -> int:
    return length // _SECOND
