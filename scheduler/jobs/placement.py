"""What stands beside a schedule: bounds, calendars, jitter and windows, made into the parts of a timetable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.jobs.day_rule import DayRuleReader
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path
from scheduler.jobs.spreading import NO_JITTER, parse_jitter
from scheduler.timetable import DayRule, Jitter, ScheduleError, Spread, Window, parse_end, parse_start


@dataclass(frozen=True, slots=True)
class Placement:
    """The parts of a timetable beside its schedule; equal ones make equal timetables."""

    starts: datetime | None = None
    ends: datetime | None = None
    days: DayRule | None = None
    spread: Spread | None = None


@dataclass(slots=True)
class PlacementReader:
    """Reads them from the keys of a job. `jitter` is that of jobs that say neither jitter nor window."""

    days: DayRuleReader
    findings: Findings
    jitter: timedelta = NO_JITTER

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

    def report(self, error: ScheduleError, when: str, node: MapNode, way: Path) -> None:
        """Note what does not go together. `when` is the key of the schedule."""
        key, what, expected = error.part, error.what, error.expected
        if key == "jitter" and key not in node.values:
            what, expected = f"{what} (it is that of defaults)", f'{expected}, or "jitter: 0s" here'
        if key not in node.values:
            key = when
        self.findings.problem(node.values[key].start_mark, (*way, key), what, expected)

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
        if "jitter" in data and "window" in data:
            what = "jitter and window cannot hold together"
            self.findings.problem(node.keys["window"], (*way, "window"), what, "one of them")
            return None
        window = data.get("window")
        try:
            if isinstance(window, str):
                return Window.parse(window, seed)
            length = parse_jitter(data["jitter"]) if "jitter" in data else self.jitter
        except ScheduleError:
            # The model reads the same text, and says what is wrong with it.
            return None
        return Jitter(length, seed) if length != NO_JITTER and "window" not in data else None
