"""A calendar of the file, and what is a business day to those who heed some of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scheduler.timetable import Calendar
from scheduler.timetable.calendar import WEEKEND


@dataclass(frozen=True, slots=True)
class NamedCalendar:
    """Its days, and which days of the week (Monday is 0) are a weekend: as it says itself, and as in its country.

    None for a weekend that it does not name.
    """

    name: str
    days: Calendar = field(default_factory=Calendar)
    weekend: frozenset[int] | None = None
    country_weekend: frozenset[int] | None = None


def weekend_of(calendars: Iterable[NamedCalendar]) -> frozenset[int]:
    """Return the weekend that the calendars name; else that of their countries; else Saturday and Sunday."""
    chosen = list(calendars)
    named = [one.weekend for one in chosen if one.weekend is not None]
    of_countries = [one.country_weekend for one in chosen if one.country_weekend is not None]
    return frozenset().union(*(named or of_countries or [WEEKEND]))
