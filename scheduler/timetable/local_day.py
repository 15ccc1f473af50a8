"""Days and times of day as a zone's clocks show them, made into instants."""

from bisect import bisect_right
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from scheduler.timetable.schedule import EPOCH
from scheduler.timetable.stretches import stretches
from scheduler.timetable.zones import zone

_DAY = timedelta(days=1)
_WIDEST = 2 * 86_400  # no offset is as wide


def local_day(instant: datetime, timezone: str) -> date:
    """Return the date that the zone's clocks show."""
    return instant.astimezone(zone(timezone)).date()


def local_time(instant: datetime, timezone: str) -> time:
    """Return the time of day that the zone's clocks show."""
    return instant.astimezone(zone(timezone)).time()


def told(instant: datetime, timezone: str, separator: str = "T") -> str:
    """Write an instant as the zone's clocks show it; in UTC where they would show a year that no date has."""
    with suppress(OverflowError):
        instant = instant.astimezone(zone(timezone))
    return instant.isoformat(separator, "seconds")


def clock_time(local: datetime) -> str:
    """Write the time of day of a local time with its offset, such as "03:00 +02:00"."""
    return f"{local:%H:%M} {local.isoformat()[-len('+00:00') :]}"


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the first instant of a local day, aware UTC; of a day that the zone left out, where it would have been."""
    return at_local(day, time(0), timezone)


def at_local(day: date, of_day: time, timezone: str) -> datetime:
    """Return the first instant, aware UTC, at which the zone's clocks show this time, or are past it."""
    wall = (datetime.combine(day, of_day, UTC) - EPOCH) // timedelta(seconds=1)
    begins, table = stretches(timezone, None).reaching(wall + _WIDEST)
    index = max(0, bisect_right(begins, wall - _WIDEST) - 1)
    while wall - table[index].offset >= table[index].ends:
        index += 1
    return EPOCH + timedelta(seconds=max(wall - table[index].offset, table[index].starts))
