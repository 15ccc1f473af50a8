"""The stored form of a mark, as RedBeat writes and reads an entry's state."""

import json
from datetime import UTC, datetime
from typing import Any

from scheduler.store.stored_json import parse
from scheduler.timetable.years import YEARS

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
# The offset in seconds, or the name of a zone that has one: both are RedBeat's.
_UTC = (0, "UTC")


def mark_text(mark: datetime) -> str:
    """Return the state of an entry whose last decided occurrence was dispatched at `mark`, an aware instant."""
    utc = mark.astimezone(UTC)
    parts = {part: getattr(utc, part) for part in _PARTS}
    return json.dumps({"last_run_at": {"__type__": "datetime", **parts, "timezone": 0.0}})


def read_mark(text: str | None) -> datetime | None:
    """Return the mark of an entry of ours; None where there is none, or where it cannot be read."""
    try:
        parts: dict[str, Any] = parse(text or "{}")["last_run_at"]
        mark = datetime(**{part: parts[part] for part in _PARTS}, tzinfo=UTC)
        # No schedule could be asked for what follows later ones.
        return mark if parts["timezone"] in _UTC and mark.year < YEARS.stop else None
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
