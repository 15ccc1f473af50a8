"""The days of an .ics file (iCalendar, RFC 5545): each day that an event touches, under the event's name."""

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.jobs.calendars.error import CalendarError

MOST_BYTES = 4 * 2**20
# Of all events together. Holidays of a lifetime are a few thousand.
MOST_DAYS = 20_000
_DAY = timedelta(days=1)
_EXPECTED = "an iCalendar file, as calendar programs export it"
# Others come several times a day: no days are meant, and working them out could take for ever.
_FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}
_MANY = f"at most {MOST_DAYS:,} days in all; regular ones can stand under weekends"


def read_ics(path: Path, years: range) -> dict[date, str]:
    """Return the days in these years by name. An event with times is on the days that it touches where it takes place.

    Raises CalendarError for a file that cannot be read, or is none, and where the reader of such files is missing.
    """
    text = _read(path)
    calendars = list(_calendars(text, path))
    if not calendars:
        raise CalendarError(f"{path} is no calendar", _EXPECTED)
    days: dict[date, str] = {}
    for name, first, last in _events(calendars, years, path):
        for day in _within(first, last, years):
            days.setdefault(day, name)
            if len(days) > MOST_DAYS:
                raise CalendarError(f"{path} has more than {MOST_DAYS:,} days", _MANY)
    return days


def _read(path: Path) -> str:
    try:
        # Without waiting: a pipe in the file's place would be waited for until somebody writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CalendarError(f"{path} is not a regular file", _EXPECTED)
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CalendarError(f"{path} cannot be read ({error.strerror})", _EXPECTED) from None
    if len(raw) > MOST_BYTES:
        raise CalendarError(f"{path} is larger than {MOST_BYTES // 2**20} MB", "a smaller file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarError(f"{path} is not UTF-8", _EXPECTED) from None


def _calendars(text: str, path: Path) -> Iterator[Any]:
    try:
        from icalendar import Calendar
    except ImportError:
        what = "the reader of .ics files is not installed"
        raise CalendarError(what, 'the extra of that name: pip install "redbeat-scheduler[ics]"') from None
    try:
        yield from Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError) as error:
        raise CalendarError(f"{path} is no calendar ({error})", _EXPECTED) from None


def _events(calendars: Iterable[Any], years: range, path: Path) -> Iterator[tuple[str, date, date]]:
    """Yield name, first and last day of each event of these years, repeated ones as often as they come."""
    from recurring_ical_events import BadRuleStringFormat, InvalidCalendar, PeriodEndBeforeStart, of

    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            _check(event, path)
        try:
            found = of(calendar).between(date(years[0], 1, 1), date(years[-1] + 1, 1, 1))
        except (BadRuleStringFormat, InvalidCalendar, PeriodEndBeforeStart, ValueError, OverflowError) as error:
            raise CalendarError(f"{path} has an event that cannot be read ({error})", _EXPECTED) from None
        for event in found:
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                yield (_name(event), *_span(event))


def _check(event: Any, path: Path) -> None:
    if event.errors:
        part, why = event.errors[0]
        raise CalendarError(f'{path}: the {part or "content"} of "{_name(event)}" cannot be read ({why})', _EXPECTED)
    if "DTSTART" not in event:
        raise CalendarError(f'{path}: "{_name(event)}" has no DTSTART', _EXPECTED)
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        (frequency,) = rule.get("FREQ", [None]) or [None]
        if str(frequency).upper() not in _FREQUENCIES or min(rule.get("INTERVAL", [1])) < 1:
            what = f'{path}: "{_name(event)}" repeats by {rule.to_ical().decode(errors="replace")}'
            raise CalendarError(what, f"FREQ={'|'.join(sorted(_FREQUENCIES))} with an INTERVAL of at least 1")


def _name(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())


def _span(event: Any) -> tuple[date, date]:
    first, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
    if not isinstance(first, datetime):
        return first, max(first, end - _DAY) if end is not None else first
    # The end itself is not part of it: what ends at midnight is not on the day that begins there.
    last = max(first, end - timedelta(microseconds=1)) if isinstance(end, datetime) else first
    return first.date(), last.date()


def _within(first: date, last: date, years: range) -> Iterator[date]:
    day, last = max(first, date(years[0], 1, 1)), min(last, date(years[-1], 12, 31))
    while day <= last:
        yield day
        day += _DAY
