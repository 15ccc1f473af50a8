"""The *when* of a job: `cron` or `every`, in its zone, made into a timetable."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scheduler.jobs.compose import is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Node, Path
from scheduler.timetable import Cron, Every, Schedule, ScheduleError, Timetable, zone
from scheduler.timetable.duration import parse_duration

_WEEKDAY_TAKEN_FOR_A_COMMENT = re.compile(r"[^#]*\s#[1-5]\s*", re.ASCII)


@dataclass(slots=True)
class WhenReader:
    """Reads the schedules of one file. Equal ones share a timetable."""

    text: str
    findings: Findings
    timezone: str
    timetables: dict[tuple[str, str], Timetable] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def read(self, data: dict[str, Any], node: MapNode, way: Path) -> Timetable | None:
        """Return the timetable; None where it is missing or wrong. `data` has its references expanded."""
        timezone = data.get("timezone", self.timezone)
        if not isinstance(timezone, str) or not self._is_zone(timezone, node, way):
            # In some zone the expression can still be looked at, so that its faults are told as well.
            timezone = "UTC"
        cron, every = data.get("cron"), data.get("every")
        if isinstance(cron, str):
            return self._cron(cron, timezone, node.values["cron"], (*way, "cron"))
        if isinstance(every, str):
            return self._every(every, timezone)
        return None

    def _cron(self, cron: str, timezone: str, value: Node, way: Path) -> Timetable | None:
        if is_plain(value):
            self._check_comment(value, way)
        try:
            return self._shared(cron, timezone, lambda: Cron(cron, timezone))
        except ScheduleError as error:
            self.findings.problem(value.start_mark, way, error.what, error.expected)
            return None

    def _every(self, every: str, timezone: str) -> Timetable | None:
        try:
            return self._shared(f"every {every}", timezone, lambda: Every(parse_duration(every), timezone))
        except ScheduleError:
            # The model reads the same text, and says what is wrong with it.
            return None

    def _shared(self, when: str, timezone: str, make: Callable[[], Schedule]) -> Timetable:
        key = (when, timezone)
        timetable = self.timetables.get(key)
        if timetable is None:
            timetable = self.timetables[key] = Timetable(make())
        return timetable

    def _is_zone(self, name: str, node: MapNode, way: Path) -> bool:
        try:
            zone(name)
        except ScheduleError as error:
            mark = node.values["timezone"].start_mark
            self.findings.problem(mark, (*way, "timezone"), error.what, error.expected)
            return False
        return True

    def _check_comment(self, value: Node, way: Path) -> None:
        if not self.lines:
            self.lines = self.text.splitlines()
        rest = self.lines[value.start_mark.line][value.start_mark.column :].strip()
        if _WEEKDAY_TAKEN_FOR_A_COMMENT.fullmatch(rest):
            what = f'"{rest[rest.index("#") :]}" is a comment in YAML'
            self.findings.problem(
                value.start_mark, way, what, f'no blank before it, and quotes: "{re.sub(r" +#", "#", rest)}"'
            )
