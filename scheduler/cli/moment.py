"""The times that people write on the command line: `now`, `2h`, `2026-03-30`, `2026-03-30T07:00+02:00`."""

from datetime import UTC, date, datetime, timedelta

import click

from scheduler.timetable import ScheduleError, zone
from scheduler.timetable.duration import parse_duration

_EARLIEST, _LATEST = 1900, 9_000
EXPECTED = 'expected "now", a duration from now such as "2h", or an ISO time such as "2026-03-30T07:00"'

EXPECTED_PAST = 'expected how long ago, such as "1d", or an ISO time such as "2026-03-30T07:00"'


def read_moment(text: str, now: datetime, timezone: str, option: str) -> datetime:
    """Read a time as an aware UTC instant; one without an offset is the wall time of `timezone`.

    Raises click.BadParameter, naming the option.
    """
    if text == "now":
        return now
    try:
        return _read_iso(text, timezone)
    except (ValueError, OverflowError):
        pass
    try:
        return now + parse_duration(text)
    except (ScheduleError, OverflowError):
        raise click.BadParameter(f'"{text}" is not a time, {EXPECTED}', param_hint=option) from None


def _read_iso(text: str, timezone: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=zone(timezone))
    instant = time.astimezone(UTC)
    if not _EARLIEST < instant.year < _LATEST:
        raise ValueError("no schedule is asked that far away")
    return instant


def read_past(text: str, now: datetime, timezone: str, option: str) -> datetime:
    """Read `1d` as a day ago, or an ISO time like `read_moment`. Raises click.BadParameter, naming the option."""
    try:
        return _read_iso(text, timezone)
    except (ValueError, OverflowError):
        pass
    try:
        return now - parse_duration(text)
    except (ScheduleError, OverflowError):
        raise click.BadParameter(f'"{text}" is not a time, {EXPECTED_PAST}', param_hint=option) from None


def read_day(text: str, today: date, option: str) -> date:
    """Read `today`, `tomorrow` or a date. Raises click.BadParameter, naming the option."""
    if text in ("today", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not _EARLIEST < found.year < _LATEST:
        expected = 'expected "today", "tomorrow" or a date such as "2026-03-30"'
        raise click.BadParameter(f'"{text}" is not a day, {expected}', param_hint=option)
    return found


def read_month(text: str, option: str) -> date:
    """Read `2026-12` as the first day of that month. Raises click.BadParameter, naming the option."""
    year, _, month = text.partition("-")
    try:
        if len(year) != 4 or len(month) != 2:
            raise ValueError("it is not written in full")
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    if not _EARLIEST < found.year < _LATEST:
        raise click.BadParameter(f'"{text}" is not a month, expected one such as "2026-12"', param_hint=option)
    return found
