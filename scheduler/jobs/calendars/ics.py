"""An .ics file (iCalendar, RFC 5545): each day that an event touches, with the event's name."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.source import Expected, SourceError, read_text
from scheduler.timetable import zone
from scheduler.timetable.schedule import INSTANT

MOST_BYTES = 4 * 1024 * 1024

_FILE = Expected("its path, from the folder of the schedule file on", "an iCalendar file", "a smaller file")
_DAY = timedelta(days=1)
_WHOLE_DAYS = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_TIMES_OF_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
# What says when an event is. A fault in anything else, such as its URL, changes nothing here.
_WHEN = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
_ONCE = _WHEN - {"RRULE", "RDATE", "EXDATE"}
# A second is enough for thousands of events; a file that takes longer was made to.
_MOST_SECONDS = 10.0
# The libraries raise whatever comes of a file that is broken in a way they do not know.
_UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
_LONGEST_REASON = 200


def read_ics(path: Path, timezone: str, years: range) -> dict[date, str]:
    """Return the days that events touch in these years, with their names.

    An event with times is on the days that the clocks show where it takes place; one in UTC takes place in `timezone`.
    Cancelled ones do not count. Raises CalendarError for what is no iCalendar file, for an event that cannot be read or
    comes more than once a day, and where the reader of such files is missing.
    """
    try:
        return _days_of(read_text(path, _FILE, max_bytes=MOST_BYTES), timezone, years)
    except SourceError as error:
        at = "" if error.place is None else f":{error.place.line + 1}:{error.place.column + 1}"
        raise CalendarError(f"{path}{at}: {error.what}", error.expected, "ics") from error
    except CalendarError as error:
        raise CalendarError(f"{path}: {error.what}", error.expected, "ics") from error


def _days_of(text: str, timezone: str, years: range) -> dict[date, str]:
    try:
        import icalendar
        import recurring_ical_events
    except ImportError as error:
        what = f"reading an .ics file needs the Python module {error.name}"
        raise CalendarError(what, 'pip install "redbeat-scheduler[ics]"') from error
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
            raise CalendarError("it is no calendar", "BEGIN:VCALENDAR to END:VCALENDAR")
        days: dict[date, str] = {}
        latest = time.monotonic() + _MOST_SECONDS
        for calendar in calendars:
            for event in calendar.walk("VEVENT"):
                _check(event)
            for day, name in _days(recurring_ical_events.of(calendar).series, timezone, years, latest):
                days.setdefault(day, name)
    except _UNREADABLE as error:
        raise CalendarError(f"it cannot be read ({_reason(error)})", "an iCalendar file (RFC 5545)") from error
    return days


def _check(event: Any) -> None:
    """Refuse what the libraries would leave out without a word, or go through for ever."""
    named = f'event "{_name(event) or event.get("UID") or "without a name"}"'
    for name, reason in event.errors:
        if name in _WHEN:
            raise CalendarError(f"{named}: {name} cannot be read ({reason})", "a value as RFC 5545 has it")
    if "DTSTART" not in event:
        raise CalendarError(f"{named}: DTSTART is missing", "the day on which it begins")
    for name in _ONCE:
        if isinstance(event.get(name), list):
            raise CalendarError(f"{named}: {name} is there twice", "one of them")
    if "DTEND" in event and _wall(event["DTEND"].dt) < _wall(event["DTSTART"].dt):
        raise CalendarError(f"{named}: DTEND comes before DTSTART", "an end after the start")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        _check_rule(rule, named)


def _check_rule(rule: Any, named: str) -> None:
    if rule.get("FREQ", [""])[0] not in _WHOLE_DAYS or _TIMES_OF_DAY & rule.keys():
        what = f'{named}: RRULE "{rule.to_ical().decode(errors="replace")}" is not one of days'
        raise CalendarError(what, f"FREQ of {', '.join(sorted(_WHOLE_DAYS))}")
    if any(step < 1 for step in rule.get("INTERVAL", ())):
        raise CalendarError(f"{named}: RRULE has no interval of 1 or more", "INTERVAL=1")


def _days(series: list[Any], timezone: str, years: range, latest: float) -> Iterator[tuple[date, str]]:
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    # One after the other is let go, since each keeps all that it has worked out.
    while series:
        for occurrence in series.pop(0).between(first, last + _DAY):
            if time.monotonic() > latest:
                raise CalendarError(f"it takes more than {_MOST_SECONDS:.0f} s to work out", "fewer or simpler events")
            event = occurrence.as_component(False)
            if event.get("STATUS", "").upper() == "CANCELLED":
                continue
            day, ends = _touched(occurrence.start, occurrence.end, timezone)
            for number in range((max(day, first) - day).days, (min(ends, last) - day).days + 1):
                yield day + number * _DAY, _name(event)


def _touched(starts: date, ends: date, timezone: str) -> tuple[date, date]:
    """Return the first and the last day; the end itself does not belong to an event."""
    start, end = _local(starts, timezone), _local(ends, timezone)
    return start.date(), max(start, end - INSTANT).date()


def _local(at: date, timezone: str) -> datetime:
    if isinstance(at, datetime) and at.tzname() == "UTC":
        return at.astimezone(zone(timezone)).replace(tzinfo=None)
    return _wall(at)


def _wall(at: date) -> datetime:
    return at.replace(tzinfo=None) if isinstance(at, datetime) else datetime(at.year, at.month, at.day)  # noqa: DTZ001


def _name(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"
