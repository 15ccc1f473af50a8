"""What stands beside a schedule: bounds, calendars, jitter and windows, made into the parts of a timetable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.jobs.day_rule import DayRuleReader
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path
from scheduler.timetable import DayRule, Jitter, ScheduleError, Spread, Window, parse_end, parse_start
from scheduler.timetable.duration import parse_duration

# What a timetable can find wrong beside its schedule; the keys of the file are called the same.
_PARTS = ("starts", "ends", "move_to", "jitter", "window")


@dataclass(frozen=True, slots=True)
class Placement:
    """The parts of a timetable beside its schedule; equal ones make equal timetables."""

    starts: datetime | None = None
    ends: datetime | None = None
    days: DayRule | None = None
    spread: Spread | None = None


@dataclass(slots=True)
class PlacementReader:
    """Reads them from the keys of a job."""

    days: DayRuleReader
    findings: Findings

    def read(self, data: Mapping[str, Any], timezone: str, seed: str, node: MapNode, way: Path) -> Placement | None:
        """Return the parts; None where something is wrong, which is then in the findings, or in those of the model."""
        faults = len(self.findings.problems)
        placement = Placement(
            starts=self._bound("starts", parse_start, data, timezone, node, way),
            ends=self._bound("ends", parse_end, data, timezone, node, way),
            days=self.days.read(data, node, way),
            spread=self._spread(data, seed, node, way),
        )
        return placement if len(self.findings.problems) == faults else None

    def report(self, error: ScheduleError, node: MapNode, way: Path) -> bool:
        """Note a part that does not go together with the schedule; False where the schedule itself is wrong."""
        key = error.part
        if key not in _PARTS or key not in node.values:
            return False
        self.findings.problem(node.values[key].start_mark, (*way, key), error.what, error.expected)
        return True

    def _bound(
        self,
        key: str,
        parse: Callable[[str, str], datetime],
        data: Mapping[str, Any],
        timezone: str,
        node: MapNode,
        way: Path,
    ) -> datetime | None:
        text = data.get(key)
        if not isinstance(text, str):
            return None
        try:
            return parse(text, timezone)
        except ScheduleError as error:
            self.findings.problem(node.values[key].start_mark, (*way, key), error.what, error.expected)
            return None

    def _spread(self, data: Mapping[str, Any], seed: str, node: MapNode, way: Path) -> Spread | None:
        jitter, window = data.get("jitter"), data.get("window")
        if jitter is not None and window is not None:
            what = "jitter and window cannot hold together"
            self.findings.problem(node.keys["window"], (*way, "window"), what, "one of them")
        if isinstance(jitter, str):
            return self._jitter(jitter, seed, node, way)
        return self._window(window, seed, node, way) if isinstance(window, str) else None

    def _jitter(self, text: str, seed: str, node: MapNode, way: Path) -> Jitter | None:
        try:
            length = parse_duration(text)
        except ScheduleError:
            # The model reads the same text, and says what is wrong with it.
            return None
        try:
            return Jitter(length, seed) if length > timedelta(0) else None
        except ScheduleError as error:
            self.findings.problem(node.values["jitter"].start_mark, (*way, "jitter"), error.what, error.expected)
            return None

    def _window(self, text: str, seed: str, node: MapNode, way: Path) -> Window | None:
        try:
            return Window.parse(text, seed)
        except ScheduleError as error:
            self.findings.problem(node.values["window"].start_mark, (*way, "window"), error.what, error.expected)
            return None
