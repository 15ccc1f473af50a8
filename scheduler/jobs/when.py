"""The *when* of a job: `cron`, `every` or `at`, in its zone, made into a timetable."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduler.jobs.clock_changes import read_dst
from scheduler.jobs.compose import is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import ListNode, MapNode, Node, Path
from scheduler.timetable import EPOCH, At, Cron, Dst, Every, Schedule, ScheduleError, Timetable, parse_instants, zone
from scheduler.timetable.duration import parse_duration
from scheduler.timetable.fields import needs_seed

_WEEKDAY_TAKEN_FOR_A_COMMENT = re.compile(r"[^#]*\s#[1-5]\s*", re.ASCII)


@dataclass(slots=True)
class WhenReader:
    """Reads the schedules of one file. Equal ones share a timetable."""

    text: str
    findings: Findings
    timezone: str
    dst: Dst
    now: datetime | None
    timetables: dict[tuple[Hashable, ...], Timetable] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def read(self, name: str, data: dict[str, Any], node: MapNode, way: Path) -> Timetable | None:
        """Return the job's timetable; None where it is missing or wrong. `data` has its references expanded."""
        timezone = data.get("timezone", self.timezone)
        if not isinstance(timezone, str) or not self._is_zone(timezone, node, way):
            # In some zone the expression can still be looked at, so that its faults are told as well.
            timezone = "UTC"
        cron, every, at = data.get("cron"), data.get("every"), data.get("at")
        dst = self._dst(data)
        seed = self._seed(name, cron, data, node, way)
        if isinstance(cron, str):
            return self._cron(cron, timezone, dst, seed, node.values["cron"], (*way, "cron"))
        if isinstance(every, str):
            anchor = self._anchor(data, timezone, dst, node, way)
            return None if anchor is None else self._every(every, timezone, anchor)
        return None if at is None else self._at(at, timezone, dst, node.values["at"], (*way, "at"))

    def _cron(self, cron: str, timezone: str, dst: Dst, seed: str, value: Node, way: Path) -> Timetable | None:
        if is_plain(value):
            self._check_comment(value, way)
        try:
            return self._shared((cron, timezone, dst, seed), lambda: Cron(cron, timezone, dst, seed))
        except ScheduleError as error:
            self.findings.problem(value.start_mark, way, error.what, error.expected)
            return None

    def _every(self, every: str, timezone: str, anchor: datetime) -> Timetable | None:
        try:
            return self._shared(
                ("every", every, timezone, anchor), lambda: Every(parse_duration(every), timezone, anchor)
            )
        except ScheduleError:
            # The model reads the same text, and says what is wrong with it.
            return None

    def _anchor(self, data: dict[str, Any], timezone: str, dst: Dst, node: MapNode, way: Path) -> datetime | None:
        text = data.get("anchor")
        if not isinstance(text, str):
            return EPOCH
        instants = self._instants(text, timezone, dst, node.values["anchor"], (*way, "anchor"))
        return instants[0] if instants else None

    def _at(self, at: object, timezone: str, dst: Dst, node: Node, way: Path) -> Timetable | None:
        if isinstance(at, list) and isinstance(node, ListNode):
            places: list[tuple[Any, Node, Path]] = [
                (text, item, (*way, index)) for index, (text, item) in enumerate(zip(at, node.items, strict=True))
            ]
        else:
            places = [(at, node, way)]
        # What is no text at all is for the model to say.
        places = [place for place in places if isinstance(place[0], str)]
        found = [self._instants(text, timezone, dst, one, to) for text, one, to in places]
        if not found or not all(found):
            return None
        for (text, one, to), runs in zip(places, found, strict=True):
            if self.now is not None and runs[-1] <= self.now:
                self.findings.warning(one.start_mark, to, f'"{text}" is past', "a time to come")
        instants = tuple(instant for one in found for instant in one)
        return self._shared(("at", instants, timezone), lambda: At(instants, timezone))

    def _instants(self, text: str, timezone: str, dst: Dst, node: Node, way: Path) -> tuple[datetime, ...]:
        """Return what a time stands for; none where it is wrong."""
        try:
            return parse_instants(text, timezone, dst)
        except ScheduleError as error:
            self.findings.problem(node.start_mark, way, error.what, error.expected)
            return ()

    def _seed(self, name: str, cron: object, data: dict[str, Any], node: MapNode, way: Path) -> str:
        """Return what places the slots of `H`; nothing where there are none, so that equal schedules stay equal."""
        if isinstance(cron, str) and needs_seed(cron):
            seed = data.get("seed")
            return seed if isinstance(seed, str) else name
        if "seed" in data:
            self.findings.warning(node.keys["seed"], (*way, "seed"), "it places nothing", 'an "H" in cron')
        return ""

    def _dst(self, data: dict[str, Any]) -> Dst:
        return read_dst(data["dst"], self.dst) if "dst" in data else self.dst

    def _shared(self, key: tuple[Hashable, ...], make: Callable[[], Schedule]) -> Timetable:
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
