"""Values as they travel in JSON, read back with nothing taken for granted."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.timetable.errors import ScheduleError


def text_of(content: Mapping[str, Any], key: str) -> str:
    """Return the text under a key; ScheduleError for anything else."""
    value = content[key]
    if not isinstance(value, str):
        raise ScheduleError(f"the stored {key} is {value!r}", "a text")
    return value


def instant_of(value: object) -> datetime:
    """Return the instant of an ISO 8601 text with an offset, aware UTC; ScheduleError for anything else."""
    try:
        instant = datetime.fromisoformat(value)  # type: ignore[arg-type]
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ScheduleError(f"the stored instant is {value!r}", "an ISO 8601 instant with its offset")


def seconds_of(content: Mapping[str, Any], key: str) -> timedelta:
    """Return the duration of a whole number of seconds under a key; ScheduleError for anything else."""
    value = content[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise ScheduleError(f"the stored {key} is {value!r}", "a whole number of seconds")
    try:
        return timedelta(seconds=value)
    except OverflowError as error:
        raise ScheduleError(f"the stored {key} is {value} seconds", "a shorter one") from error


def object_of(content: Mapping[str, Any], key: str, keys: set[str]) -> Mapping[str, Any]:
    """Return the object under a key, which has exactly these keys; ScheduleError for anything else."""
    value = content[key]
    if not isinstance(value, Mapping) or set(value) != keys:
        raise ScheduleError(f"the stored {key} is {value!r}", f"an object with {', '.join(sorted(keys))}")
    return value
