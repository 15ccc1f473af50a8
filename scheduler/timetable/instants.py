"""Reads the instants that people write: ISO 8601, with an offset or as a local time."""

import re
from datetime import UTC, date, datetime, timedelta

from scheduler.timetable.dst import DEBIAN, Dst, Fold
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.local_day import start_of_day
from scheduler.timetable.schedule import EPOCH
from scheduler.timetable.stretches import instants_of_wall
from scheduler.timetable.years import YEARS, YEARS_EXPECTED

EXPECTED = 'a date and a time such as "2026-12-31T23:59" or "2026-12-31T23:59:00+01:00"'
BOUND_EXPECTED = 'a date or a time such as "2026-12-31" or "2026-12-31T23:59"'
_BOUND_YEARS_EXPECTED = f"{YEARS_EXPECTED}, or no such bound"

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# fromisoformat also takes week dates, fractions and more, which nobody means here.
_FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)


def parse_instants(text: str, timezone: str = "UTC", dst: Dst = DEBIAN) -> tuple[datetime, ...]:
    """Read one time; without an offset it is local in `timezone`, and a clock change over it follows `dst`.

    Returns aware UTC datetimes: two where a time comes twice and `dst` wants both, else one. Raises ScheduleError for
    another form, for a local time that does not exist where `dst` leaves it out, and for a year outside of `YEARS`.
    """
    found = _instants(text, timezone, dst)
    for instant in found:
        _check_year(instant, text, YEARS_EXPECTED)
    return found


def _instants(text: str, timezone: str, dst: Dst) -> tuple[datetime, ...]:
    if _FORM.fullmatch(text) is None:
        raise ScheduleError(f'"{text}" is not a time', EXPECTED)
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return (written.astimezone(UTC),)
        wall = (written.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
        found = tuple(EPOCH + timedelta(seconds=at) for at in instants_of_wall(timezone, dst, wall))
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f'"{text}" is not a time', EXPECTED) from error
    if not found:
        raise ScheduleError(f'the clocks in {timezone} skip "{text}"', "a time that they show")
    return found


def parse_start(text: str, timezone: str = "UTC") -> datetime:
    """Read from when on something holds: a date from its first moment, a time from when the clocks first show it.

    Returns aware UTC. Where the clocks skip the time, it is the moment at which they do. Raises ScheduleError for
    another form, and for a year in which no zone could be asked for the day before or after.
    """
    day = _day(text)
    return min(_instants_of_bound(text, timezone)) if day is None else start_of_day(day, timezone)


def parse_end(text: str, timezone: str = "UTC") -> datetime:
    """Read until when something holds: a date up to its last second, a time until the clocks show it for the last time.

    Like `parse_start` otherwise.
    """
    day = _day(text)
    return max(_instants_of_bound(text, timezone)) if day is None else start_of_day(day + _DAY, timezone) - _SECOND


def _instants_of_bound(text: str, timezone: str) -> tuple[datetime, ...]:
    try:
        found = _instants(text, timezone, Dst(fold=Fold.BOTH))
    except ScheduleError as error:
        raise ScheduleError(error.what, BOUND_EXPECTED) from error
    for instant in found:
        _check_year(instant, text, _BOUND_YEARS_EXPECTED)
    return found


def _day(text: str) -> date | None:
    if _DATE.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f'"{text}" is not a date', BOUND_EXPECTED) from error
    _check_year(day, text, _BOUND_YEARS_EXPECTED)
    return day


def _check_year(day: date, text: str, expected: str) -> None:
    if day.year not in YEARS:
        raise ScheduleError(f'"{text}" is too far away', expected)
