"""`jitter:` and `window:` as they are written."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from scheduler.jobs.texts import refuse
from scheduler.timetable import ScheduleError, Window
from scheduler.timetable.duration import EXPECTED, parse_duration

NO_JITTER = timedelta(0)

# A job that is not to have that of the defaults says so in any of these ways.
_NONE = frozenset({"0", "0s", "0m", "0h", "0d"})


def parse_jitter(value: object) -> timedelta:
    """Read a duration, or `0s` for none. Raises ScheduleError."""
    if type(value) is int and value == 0:
        return NO_JITTER
    if not isinstance(value, str):
        raise ScheduleError(f"{value!r} is not a duration", EXPECTED)
    return NO_JITTER if value in _NONE else parse_duration(value)


def _jitter(value: Any) -> timedelta:
    try:
        return parse_jitter(value)
    except ScheduleError as error:
        refuse(error.what, error.expected)


def _window(text: str) -> str:
    try:
        Window.parse(text, "")
    except ScheduleError as error:
        refuse(error.what, error.expected)
    return text


JitterLength = Annotated[timedelta, BeforeValidator(_jitter)]
WindowText = Annotated[str, AfterValidator(_window)]
