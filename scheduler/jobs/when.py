"""The *when* of a job: `cron`, `every` or `at`, in its zone, made into a timetable."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.jobs.clock_changes import read_dst
from scheduler.jobs.compose import is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import ListNode, MapNode, Node, Path
from scheduler.jobs.notes import SAY_WHAT_IS_MEANT
from scheduler.jobs.placement import Placement, PlacementReader
from scheduler.timetable import EPOCH, At, Cron, Dst, Every, Schedule, ScheduleError, Timetable, parse_instants, zone
from scheduler.timetable.duration import parse_duration
from scheduler.timetable.fields import needs_seed
from scheduler.timetable.local_day import clock_time

_WEEKDAY_TAKEN_FOR_A_COMMENT = re.compile(r"[^#]*\s#[1-5]\s*", re.ASCII)


@dataclass(slots=True)
class WhenReader:
    """Reads the schedules of one file. Equal ones share a timetable.

    `says_dst`: the file says for all its jobs what becomes of times that the clocks skip or show twice.
    """

    text: str
    findings: Findings
    timezone: str
    dst: Dst
    now: datetime | None
    placements: PlacementReader
    says_dst: bool = False
    timetables: dict[tuple[Hashable, ...], Timetable] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def read(self, name: str, data: dict[str, Any], node: MapNode, way: Path) -> Timetable | None:
        """Return the job's timetable; None where it is missing or wrong. `data` has its references expanded."""
        timezone = data.get("timezone", self.timezone)
        if not isinstance(timezone, str) or not self._is_zone(timezone, node, way):
            # In some zone the expression can still be looked at, so that its faults are told as well.
            timezone = "UTC"
        dst = self._dst(data)
        seed = self._seed(name, data, node, way)
        placement = self.placements.read(data, timezone, seed, node, way)
        found = self._schedule(data, timezone, dst, seed, node, way)
        if found is None:
            return None
        key, make, said = found
        try:
            if placement is not None:
                return self._shared((*key, placement), make, placement)
            # Made all the same, so that the schedule's own faults are told as well.
            make()
        except ScheduleError as error:
            self.placements.report(error, said, node, way)
        return None

    def _schedule(
        self, data: dict[str, Any], timezone: str, dst: Dst, seed: str, node: MapNode, way: Path
    ) -> tuple[tuple[Hashable, ...], Callable[[], Schedule], str] | None:
        """Return what tells the schedule from others, what makes it, and the key that it stands under."""
        cron, every, at = data.get("cron"), data.get("every"), data.get("at")
        if isinstance(cron, str):
            value = node.values["cron"]
            if is_plain(value):
                self._check_comment(value, (*way, "cron"))
            # Where nothing needs the seed it is left out, so that equal schedules stay equal.
            placed = seed if needs_seed(cron) else ""
            return (cron, timezone, dst, placed), lambda: Cron(cron, timezone, dst, placed), "cron"
        if isinstance(every, str):
            anchor = self._anchor(data, timezone, dst, node, way)
            length = _duration(every)
            if anchor is None or length is None:
                return None
            return ("every", every, timezone, anchor), lambda: Every(length, timezone, anchor), "every"
        instants = () if at is None else self._at(at, timezone, dst, node, way)
        return (("at", instants, timezone), lambda: At(instants, timezone), "at") if instants else None

    def _anchor(self, data: dict[str, Any], timezone: str, dst: Dst, node: MapNode, way: Path) -> datetime | None:
        text = data.get("anchor")
        if not isinstance(text, str):
            return EPOCH
        instants = self._instants(text, timezone, dst, node.values["anchor"], (*way, "anchor"))
        return instants[0] if instants else None

    def _at(self, at: object, timezone: str, dst: Dst, job: MapNode, way: Path) -> tuple[datetime, ...]:
        """Return the instants; none where one of them is wrong."""
        node, way = job.values["at"], (*way, "at")
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
            return ()
        for (text, one, to), runs in zip(places, found, strict=True):
            if self.now is not None and runs[-1] <= self.now:
                self.findings.warning(one.start_mark, to, f'"{text}" is past', "a time to come")
            elif self.now is not None and not self.says_dst and "dst" not in job.data:
                self._note_skipped(text, runs[0].astimezone(zone(timezone)), one, to)
        return tuple(instant for one in found for instant in one)

    def _note_skipped(self, text: str, local: datetime, node: Node, way: Path) -> None:
        """Warn of a time that the clocks skip, where `local` is when it comes instead."""
        written = datetime.fromisoformat(text)
        if written.tzinfo is None and written != local.replace(tzinfo=None):
            what = f'the clocks skip "{text}": it runs at {clock_time(local)} instead'
            self.findings.warning(node.start_mark, way, what, SAY_WHAT_IS_MEANT)

    def _instants(self, text: str, timezone: str, dst: Dst, node: Node, way: Path) -> tuple[datetime, ...]:
        """Return what a time stands for; none where it is wrong."""
        try:
            return parse_instants(text, timezone, dst)
        except ScheduleError as error:
            self.findings.problem(node.start_mark, way, error.what, error.expected)
            return ()

    def _seed(self, name: str, data: dict[str, Any], node: MapNode, way: Path) -> str:
        """Return what places the slots of `H`, and runs within jitter or a window: the job's name if it says none."""
        cron, seed = data.get("cron"), data.get("seed")
        if seed is None:
            return name
        spread = {"jitter", "window"} & data.keys() or self.placements.jitter
        if not (isinstance(cron, str) and needs_seed(cron)) and not spread:
            expected = 'an "H" in cron, jitter or a window'
            self.findings.warning(node.keys["seed"], (*way, "seed"), "it places nothing", expected)
        return seed if isinstance(seed, str) else name

    def _dst(self, data: dict[str, Any]) -> Dst:
        return read_dst(data["dst"], self.dst) if "dst" in data else self.dst

    def _shared(self, key: tuple[Hashable, ...], make: Callable[[], Schedule], placement: Placement) -> Timetable:
        timetable = self.timetables.get(key)
        if timetable is None:
            parts = (placement.starts, placement.ends, placement.days, placement.spread)
            timetable = self.timetables[key] = Timetable(make(), *parts)
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


def _duration(text: str) -> timedelta | None:
    try:
        return parse_duration(text)
    except ScheduleError:
        # The model reads the same text, and says what is wrong with it.
        return None
