"""`calendars:` at the top level, made into days."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from scheduler.jobs.calendars.country import country
from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.calendars.ics import read_ics
from scheduler.jobs.calendars.written import WrittenCalendar
from scheduler.jobs.calendars.years import years
from scheduler.jobs.compose import Document
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Node, scalars
from scheduler.jobs.node import Path as Way
from scheduler.jobs.times import as_text
from scheduler.jobs.words import report_errors, written
from scheduler.timetable import Calendar
from scheduler.timetable.calendar import WEEKEND

_KEYS = "keys such as country, dates, ics and weekends"


@dataclass(frozen=True, slots=True)
class NamedCalendar:
    """The days of one calendar, and the weekdays that are no business days where its country is."""

    days: Calendar
    weekend: frozenset[int] = WEEKEND


@dataclass(slots=True)
class CalendarsReader:
    """Reads the calendars of one file; paths are relative to its folder. `timezone` is that of events in UTC."""

    document: Document
    findings: Findings
    timezone: str

    def read(self, node: Node, way: Way) -> dict[str, NamedCalendar]:
        """Return the calendars by name; those that are wrong, in the findings, are empty ones."""
        if not isinstance(node, MapNode):
            expected = "a mapping of names to calendars such as holidays: {country: DE}"
            self.findings.problem(node.start_mark, way, f"it is {written(node)}", expected)
            return {}
        return {name: self._one(node.values[name], (*way, name)) for name in node.data}

    def _one(self, node: Node, way: Way) -> NamedCalendar:
        empty = NamedCalendar(Calendar(label=str(way[-1])))
        if not isinstance(node, MapNode):
            self.findings.problem(node.start_mark, way, f"it is {written(node)}", _KEYS)
            return empty
        data = dict(node.data)
        if "dates" in data:
            data["dates"] = self._dates(data["dates"], node.values["dates"])
        try:
            content = WrittenCalendar.model_validate(data)
        except ValidationError as error:
            report_errors(error, WrittenCalendar, self.document, node, way, self.findings)
            return empty
        if not node.data:
            self.findings.problem(node.start_mark, way, "it names no days", _KEYS)
        if content.subdivision and not content.country:
            what = "a subdivision belongs to a country"
            self.findings.problem(node.keys["subdivision"], (*way, "subdivision"), what, "country: beside it")
        return self._gathered(content, node, way)

    def _dates(self, value: Any, node: Node) -> Any:
        surprises = self.document.surprises
        texts = as_text(value, node, surprises)
        # Here a date is what is meant: where it is wrong, that is not why.
        for _, scalar in scalars(node):
            if surprises.get(id(scalar)) == "a date":
                del surprises[id(scalar)]
        return texts

    def _gathered(self, content: WrittenCalendar, node: MapNode, way: Way) -> NamedCalendar:
        names: dict[date, str] = {}
        weekend = WEEKEND
        for days in content.dates or ():
            names.update(dict.fromkeys(days.in_years(years()), days.name))
        if content.ics:
            names = {**self._of_ics(content.ics, node, way), **names}
        if content.country:
            holidays, weekend = self._of_country(content.country, content.subdivision, node, way)
            names = {**holidays, **names}
        calendar = Calendar(frozenset(names), content.weekends or frozenset(), names, str(way[-1]))
        return NamedCalendar(calendar, weekend)

    def _of_country(
        self, code: str, subdivision: str | None, node: MapNode, way: Way
    ) -> tuple[dict[date, str], frozenset[int]]:
        try:
            found = country(code, subdivision, years())
        except CalendarError as error:
            key = "subdivision" if error.part == "subdivision" else "country"
            self.findings.problem(node.values[key].start_mark, (*way, key), error.what, error.expected)
            return {}, WEEKEND
        return found.holidays, found.weekend

    def _of_ics(self, text: str, node: MapNode, way: Way) -> dict[date, str]:
        path = self.findings.path.parent / text
        # One that cannot be read is looked at again, too: it may come.
        self.findings.files.append(path)
        try:
            return read_ics(path, self.timezone, years())
        except CalendarError as error:
            self.findings.problem(node.values["ics"].start_mark, (*way, "ics"), error.what, error.expected)
            return {}
