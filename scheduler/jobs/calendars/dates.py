"""`dates:` of a calendar: days as people write them, each with a name if it has one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scheduler.jobs.texts import refuse
from scheduler.timetable.years import CALENDAR_YEARS, CALENDAR_YEARS_EXPECTED

_EXPECTED = 'a day such as "2026-12-24", "2026-12-24 Christmas Eve", "2026-12-24..2027-01-01 Shutdown" or "12-24"'
_FORM = re.compile(r"(?:(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?|(\d\d-\d\d))(?:\s+(\S.*?))?\s*", re.ASCII)
_A_LEAP_YEAR = 2000
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class NamedDays:
    """The days from `first` to `last`, both included; `yearly` ones are of a leap year and stand for every year."""

    first: date
    last: date
    name: str
    yearly: bool = False

    def in_years(self, years: Iterable[int]) -> Iterator[date]:
        """Yield the days: once if they have a year, otherwise in each of these years that has them."""
        if not self.yearly:
            yield from (self.first + number * _DAY for number in range((self.last - self.first).days + 1))
            return
        for year in years:
            try:
                yield self.first.replace(year=year)
            except ValueError:
                continue  # 29 February


def read_days(value: Any) -> NamedDays:
    """Read one item of the list: a text, or a mapping of a day to its name."""
    if isinstance(value, dict) and len(value) == 1:
        ((text, name),) = value.items()
        if not isinstance(name, str) or not name.strip():
            refuse(f"the name of {text} is no text", f'quotes around it: {text}: "…"')
        return _read(f"{text} {name}")
    if not isinstance(value, str):
        refuse(f"{value!r} is not a day", _EXPECTED)
    return _read(value)


def _read(text: str) -> NamedDays:
    match = _FORM.fullmatch(text)
    if match is None:
        refuse(f'"{text}" is not a day', _EXPECTED)
    first, last, yearly, name = match.groups()
    days = NamedDays(
        _date(first or f"{_A_LEAP_YEAR}-{yearly}", text),
        _date(last or first or f"{_A_LEAP_YEAR}-{yearly}", text),
        name or "",
        yearly=yearly is not None,
    )
    if days.last < days.first:
        refuse(f'"{text}" ends before it begins', "the earlier day first")
    if days.last - days.first > _LONGEST:
        refuse(f'"{text}" is longer than a year', "a shorter time, or the weekdays under weekends")
    return days


def _date(written: str, text: str) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        refuse(f'"{text}" is not a day', _EXPECTED)
    if day.year not in CALENDAR_YEARS:
        refuse(f'"{text}" is too far away', CALENDAR_YEARS_EXPECTED)
    return day
