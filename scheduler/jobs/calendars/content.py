"""What a calendar holds: its days, gathered from wherever it names them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from scheduler.jobs.calendars import version
from scheduler.jobs.calendars.country import Country, country
from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.calendars.ics import read_ics
from scheduler.jobs.calendars.named import NamedCalendar
from scheduler.jobs.calendars.written import WrittenCalendar
from scheduler.jobs.calendars.years import present_year, years
from scheduler.timetable import Calendar
from scheduler.timetable.calendar import WEEKEND


@dataclass(frozen=True, slots=True)
class Content:
    """Gathers the days of one file's calendars.

    Paths are relative to the `folder`; `read_from` hears of each file before it is read. Events in UTC are read in the
    `timezone`.
    """

    folder: Path
    timezone: str
    read_from: Callable[[Path], None]

    def of(self, name: str, written: WrittenCalendar) -> tuple[NamedCalendar, list[CalendarError]]:
        """Return the calendar, and what may be wrong with it. Raises CalendarError.

        A day that nobody named is called like the calendar.
        """
        doubts: list[CalendarError] = []
        days: dict[date, str] = {}
        land = None
        if written.country is not None:
            land = country(written.country, written.subdivision, years())
            doubts += _doubts(written.country, land)
            days |= land.holidays
        if written.ics is not None:
            _add(days, self._of_ics(written.ics, doubts).items())
        for item in written.dates or ():
            _add(days, ((day, item.name) for day in item.in_years(years())))
        weekend = _weekend(written.weekends, land)
        names = {day: called or name for day, called in days.items()}
        calendar = Calendar(frozenset(days), weekend or frozenset(), names, name)
        return NamedCalendar(name, calendar, weekend, land.weekend if land else None), doubts

    def _of_ics(self, text: str, doubts: list[CalendarError]) -> dict[date, str]:
        if "://" in text:
            raise CalendarError(f'"{text}" is not fetched', "a path of a file that is fetched by something else", "ics")
        path = self.folder / text
        # Also one that cannot be read is looked at again: it may come.
        self.read_from(path)
        days = read_ics(path, self.timezone, years())
        if not days:
            doubts.append(CalendarError(f"{path} names no day{_in_years()}", "a file with events", "ics"))
        return days


def _add(days: dict[date, str], found: Iterable[tuple[date, str]]) -> None:
    """Add days with their names. A day without one keeps that which it has from elsewhere."""
    for day, name in found:
        days[day] = name or days.get(day, "")


def _weekend(written: frozenset[int] | bool | None, land: Country | None) -> frozenset[int] | None:
    if written is True:
        return land.weekend if land else WEEKEND
    return frozenset() if written is False else written


def _doubts(code: str, land: Country) -> list[CalendarError]:
    package = f"the package holidays {version()}"
    if not land.holidays:
        return [CalendarError(f"{package} knows no holiday of {code}{_in_years()}", "dates beside it", "country")]
    # In what is left of its last year, nobody would notice that the holidays of the next one are not there.
    if land.known_until <= present_year():
        what = f"{package} knows the holidays of {code} up to {land.known_until} only"
        return [CalendarError(what, "a later version of it, or dates beside it", "country")]
    return []


def _in_years() -> str:
    return f" from {years()[0]} to {years()[-1]}"
