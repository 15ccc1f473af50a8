"""A day on a zone's clocks as the span of time that timetables are asked for."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from scheduler.timetable.local_day import start_of_day
from scheduler.timetable.schedule import INSTANT


class DayWindow(NamedTuple):
    """What lies strictly after the mark and not after `until`; both aware UTC."""

    mark: datetime
    until: datetime

    @property
    def start(self) -> datetime:
        """The first instant in it."""
        return self.mark + INSTANT

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.until + INSTANT

    def __contains__(self, instant: object) -> bool:
        return isinstance(instant, datetime) and self.mark < instant <= self.until


def window(first: date, last: date, timezone: str) -> DayWindow:
    """Return the span from the beginning of one day to the end of another."""
    return DayWindow(
        start_of_day(first, timezone) - INSTANT,
        start_of_day(last + timedelta(days=1), timezone) - INSTANT,
    )
