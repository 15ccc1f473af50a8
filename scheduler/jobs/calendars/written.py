"""One item under `calendars:`, as it is written."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from scheduler.jobs.calendars.dates import NamedDays, read_days
from scheduler.jobs.model import Model
from scheduler.jobs.texts import not_blank, refuse
from scheduler.timetable.calendar import WEEKDAYS

_NUMBERS = {form: day for day, name in enumerate(WEEKDAYS) for form in (name.lower(), name[:3].lower())}
_WEEKENDS = "true, false, or days such as [fri, sat]"


def _weekends(value: Any) -> frozenset[int] | bool:
    if isinstance(value, bool):
        return value
    words = value if isinstance(value, list) else [value]
    if not words:
        refuse("the list is empty", _WEEKENDS)
    for word in words:
        if not isinstance(word, str) or word.lower() not in _NUMBERS:
            refuse(f"{word!r} is not a day of the week", _WEEKENDS)
    return frozenset(_NUMBERS[word.lower()] for word in words)


def _dates(value: Any) -> Any:
    if not isinstance(value, list) or not value:
        refuse("it is no list of days", 'a list such as ["2026-12-24 Christmas Eve", 2026-12-31]')
    return value


class WrittenCalendar(Model):
    """All the days that any of these keys names.

    `weekends` of True are those of the country, or Saturdays and Sundays; of False: there are none.
    """

    country: Annotated[str, not_blank('a country such as "DE"')] | None = None
    subdivision: Annotated[str, not_blank('a part of the country such as "BY"')] | None = None
    dates: Annotated[list[Annotated[NamedDays, BeforeValidator(read_days)]], BeforeValidator(_dates)] | None = None
    ics: Annotated[str, not_blank("the path of an .ics file")] | None = None
    weekends: Annotated[frozenset[int] | bool, BeforeValidator(_weekends)] | None = None
