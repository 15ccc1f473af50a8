"""`calendars:` at the top level, made into days."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from scheduler.jobs.calendars.content import Content
from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.calendars.named import NamedCalendar
from scheduler.jobs.calendars.written import WrittenCalendar
from scheduler.jobs.compose import Document, is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Node, scalars
from scheduler.jobs.node import Path as Way
from scheduler.jobs.routing import expand_keys
from scheduler.jobs.times import as_text
from scheduler.jobs.words import report_errors, written

_KEYS = "keys such as country, dates, ics and weekends"
# For these nobody means what YAML reads: the country NO, a part of a country called 09.
_TEXTS = ("country", "subdivision", "ics")


@dataclass(slots=True)
class CalendarsReader:
    """Reads the calendars of one file."""

    document: Document
    environ: Mapping[str, str]
    findings: Findings
    content: Content

    def read(self, root: MapNode) -> dict[str, NamedCalendar]:
        """Return the calendars by name; those that are wrong, in the findings, are empty ones."""
        node, way = root.values["calendars"], ("calendars",)
        if not isinstance(node, MapNode):
            expected = "a mapping of names to calendars such as holidays: {country: DE}"
            self.findings.problem(root.keys["calendars"], way, f"it is {written(node)}", expected)
            return {}
        return {name: self._one(name, node.values[name], (*way, name)) for name in node.data}

    def _one(self, name: str, node: Node, way: Way) -> NamedCalendar:
        if not isinstance(node, MapNode):
            self.findings.problem(node.start_mark, way, f"it is {written(node)}", _KEYS)
            return NamedCalendar(name)
        data = expand_keys(self._texts(node), node, way, self.environ, self.findings)
        try:
            calendar = WrittenCalendar.model_validate(data)
        except ValidationError as error:
            report_errors(error, WrittenCalendar, self.document, node, way, self.findings)
            return NamedCalendar(name)
        self._check(calendar, node, way)
        return self._gathered(name, calendar, node, way)

    def _texts(self, node: MapNode) -> dict[str, Any]:
        """Return the data with the text of what YAML takes for something else, where nobody means anything else."""
        data = dict(node.data)
        for key in _TEXTS:
            value = node.values.get(key)
            if value is not None and is_plain(value) and data[key] is not None:
                data[key] = getattr(value, "value", None)
        if "dates" in data:
            surprises = self.document.surprises
            data["dates"] = as_text(data["dates"], node.values["dates"], surprises)
            # Where such a date is wrong, that is not why.
            for _, scalar in scalars(node.values["dates"]):
                if surprises.get(id(scalar)) == "a date":
                    del surprises[id(scalar)]
        return data

    def _check(self, calendar: WrittenCalendar, node: MapNode, way: Way) -> None:
        for key, value in node.data.items():
            if value is None:
                self.findings.problem(node.keys[key], (*way, key), "it has no value", "a value, or no such key")
        if calendar.subdivision is not None and calendar.country is None:
            what = "a subdivision belongs to a country"
            self.findings.problem(node.keys["subdivision"], (*way, "subdivision"), what, "country: beside it")
        if not node.data or (node.data.keys() == {"weekends"} and calendar.weekends is False):
            self.findings.problem(node.start_mark, way, "it names no days", _KEYS)

    def _gathered(self, name: str, calendar: WrittenCalendar, node: MapNode, way: Way) -> NamedCalendar:
        try:
            found, doubts = self.content.of(name, calendar)
        except CalendarError as error:
            self.findings.problem(node.values[error.part].start_mark, (*way, error.part), error.what, error.expected)
            return NamedCalendar(name)
        for doubt in doubts:
            self.findings.warning(node.values[doubt.part].start_mark, (*way, doubt.part), doubt.what, doubt.expected)
        return found
