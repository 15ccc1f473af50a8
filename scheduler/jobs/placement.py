"""What stands beside a schedule: bounds, calendars, jitter and windows, made into the parts of a timetable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.jobs.day_rule import DayRuleReader
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path
from scheduler.timetable import DayRule, Dst, Jitter, ScheduleError, Spread, Window, parse_instants
from scheduler.timetable.duration import parse_duration

_DAY_LONG = len("2026-12-31")
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

    def read(
        self, data: Mapping[str, Any], timezone: str, dst: Dst, seed: str, node: MapNode, way: Path
    ) -> Placement | None:
        """Return the parts; None where something is wrong, which is then in the findings, or in those of the model."""
        faults = len(self.findings.problems)
        placement = Placement(
            starts=self._bound("starts", "T00:00", data, timezone, dst, node, way),
            ends=self._bound("ends", "T23:59:59", data, timezone, dst, node, way),
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
        self, key: str, of_day: str, data: Mapping[str, Any], timezone: str, dst: Dst, node: MapNode, way: Path
    ) -> datetime | None:
        text = data.get(key)
        if not isinstance(text, str):
            return None
        whole_day = len(text) == _DAY_LONG
        try:
            found = parse_instants(text + of_day if whole_day else text, timezone, dst)
        except ScheduleError as error:
            what = error.what.replace(of_day, "") if whole_day else error.what
            expected = f'{error.expected}, or a whole day such as "2026-12-31"'
            self.findings.problem(node.values[key].start_mark, (*way, key), what, expected)
            return None
        # Of a time that comes twice, the bounds hold both.
        return found[0] if key == "starts" else found[-1]

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
