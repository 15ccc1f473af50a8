"""schedules.yaml to Job models. Either the whole file, or everything that is wrong with it; never a part."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from scheduler.collector import collector_paused
from scheduler.jobs.calendars.content import Content
from scheduler.jobs.calendars.named import NamedCalendar
from scheduler.jobs.calendars.notes import note_calendars
from scheduler.jobs.calendars.reader import CalendarsReader
from scheduler.jobs.clock_changes import WrittenDst
from scheduler.jobs.compose import Document, compose
from scheduler.jobs.day_rule import DayRuleReader
from scheduler.jobs.findings import Findings
from scheduler.jobs.former_names import check_former_names
from scheduler.jobs.job import Job, ScheduleFile
from scheduler.jobs.job_reader import JobReader
from scheduler.jobs.model import Model
from scheduler.jobs.node import ListNode, MapNode
from scheduler.jobs.placement import PlacementReader
from scheduler.jobs.pools import MOST_SLOTS, WrittenPools
from scheduler.jobs.problem import Problem
from scheduler.jobs.routing import expand_keys
from scheduler.jobs.rules import RulesCheck
from scheduler.jobs.source import FIRST_JOB, Place, read_source
from scheduler.jobs.spreading import NO_JITTER
from scheduler.jobs.when import WhenReader
from scheduler.jobs.words import report_errors, unknown_key, written
from scheduler.jobs.written import WrittenDefaults, WrittenFile
from scheduler.timetable import Dst, ScheduleError, zone

_M = TypeVar("_M", bound=Model)
_TOP = Place(0, 0)
_JOBS = "a mapping of names to jobs"
_BEGINNING = f"a file that says, for a start, {FIRST_JOB}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid file, and what may be meant but should be looked at, in the order of the file.

    `files` are the further ones that were read for it, each with its signature before that: with another one, there is
    something new to read.
    """

    file: ScheduleFile
    warnings: tuple[Problem, ...]
    files: Mapping[Path, str]


def load(
    path: Path,
    environ: Mapping[str, str],
    *,
    max_bytes: int,
    longest_timeout: timedelta | None = None,
    now: datetime | None = None,
) -> Loaded:
    """Read the file. `${VAR}` in scheduling and routing keys is taken from `environ`. Raises FileProblems.

    A timeout beyond `longest_timeout` is a problem. `now` is for who checks a file: with it, schedules that are right
    but may not be meant are warnings too.
    """
    findings = Findings(path)
    with collector_paused():
        text = read_source(path, findings, max_bytes=max_bytes)
        file = _read(path, text, environ, findings, longest_timeout, now)
    findings.raise_if_any()
    if now is not None:
        from scheduler.jobs.herd import note_herds  # only a check asks

        note_herds(file.jobs.values(), now, findings)
    return Loaded(file, findings.sorted_warnings(), findings.files)


def _read(
    path: Path,
    text: str,
    environ: Mapping[str, str],
    findings: Findings,
    longest_timeout: timedelta | None,
    now: datetime | None,
) -> ScheduleFile:
    document = compose(text, findings)
    if document is None:
        findings.fail(_TOP, (), "the file says nothing", _BEGINNING)
    return _FileReader(path, text, document, environ, findings, longest_timeout, now).read()


@dataclass(slots=True)
class _FileReader:
    path: Path
    text: str
    document: Document
    environ: Mapping[str, str]
    findings: Findings
    longest_timeout: timedelta | None
    now: datetime | None

    def read(self) -> ScheduleFile:
        """Return the file as far as it is valid; what is not is in the findings."""
        root = self.document.root
        if not isinstance(root, MapNode):
            kind = "a list" if isinstance(root, ListNode) else f"only {written(root)}"
            self.findings.fail(root.start_mark, (), f"the file is {kind}", _BEGINNING)
        self._check_keys(root)
        timezone = self._timezone(root)
        dst = self._mapping(root, "dst", WrittenDst).over(Dst())
        defaults = self._mapping(root, "defaults", WrittenDefaults)
        calendars = self._calendars(root, timezone)
        placements = self._placements(root, calendars, defaults)
        when = WhenReader(self.text, self.findings, timezone, dst, self.now, placements, says_dst="dst" in root.data)
        pools = self._pools(root)
        rules = RulesCheck(pools, self.longest_timeout, self.findings)
        if "defaults" in root.data:
            rules.check(defaults, root.values["defaults"], ("defaults",))
        reader = JobReader(self.text, self.document, self.environ, self.findings, defaults, rules, self.now, when)
        jobs = self._jobs(root, reader)
        if self.now is not None:
            note_calendars(calendars, placements.days.heeded, root, self.now, self.findings)
        return ScheduleFile(path=self.path, timezone=timezone, pools=pools, jobs=jobs)

    def _check_keys(self, root: MapNode) -> None:
        for key, mark in root.keys.items():
            if key not in WrittenFile.model_fields and not key.startswith("x-"):
                self.findings.problem(mark, (key,), *unknown_key(key, list(WrittenFile.model_fields)))

    def _timezone(self, root: MapNode) -> str:
        """Return the service's zone; UTC where it is wrong, so that the jobs can still be looked at."""
        if "timezone" not in root.data:
            return "UTC"
        mark = root.values["timezone"].start_mark
        name = expand_keys({"timezone": root.data["timezone"]}, root, (), self.environ, self.findings).get("timezone")
        if name is None:
            return "UTC"
        if not isinstance(name, str):
            what = f"{written(root.values['timezone'])} is not text"
            self.findings.problem(mark, ("timezone",), what, 'a time zone such as "Europe/Berlin"')
            return "UTC"
        try:
            zone(name)
        except ScheduleError as error:
            self.findings.problem(mark, ("timezone",), error.what, error.expected)
            return "UTC"
        return name

    def _calendars(self, root: MapNode, timezone: str) -> dict[str, NamedCalendar]:
        if "calendars" not in root.data:
            return {}
        content = Content(self.path.parent, timezone, self.findings.read_from)
        return CalendarsReader(self.document, self.environ, self.findings, content).read(root)

    def _placements(
        self, root: MapNode, calendars: dict[str, NamedCalendar], defaults: WrittenDefaults
    ) -> PlacementReader:
        days = DayRuleReader(calendars, self.findings)
        node = root.values.get("defaults")
        if isinstance(node, MapNode) and defaults.skip_on:
            is_list = isinstance(node.values["skip_on"], ListNode)
            chosen = defaults.skip_on if is_list else defaults.skip_on[0]
            days.skip = days.chosen("skip_on", {"skip_on": chosen}, node, ("defaults",))
        return PlacementReader(days, self.findings, defaults.jitter or NO_JITTER)

    def _mapping(self, root: MapNode, key: str, model: type[_M]) -> _M:
        """Return what stands under a key of the top level; what holds without it where it is wrong."""
        if key not in root.data:
            return model()
        node = root.values[key]
        if not isinstance(node, MapNode):
            known = ", ".join(model.model_fields)
            self.findings.problem(root.keys[key], (key,), f"it is {written(node)}", f"keys such as {known}")
            return model()
        data = expand_keys(node.data, node, (key,), self.environ, self.findings)
        try:
            return model.model_validate(data)
        except ValidationError as error:
            report_errors(error, model, self.document, node, (key,), self.findings)
            return model()

    def _pools(self, root: MapNode) -> dict[str, int]:
        """Return the pools by name; where one is wrong all of them without bounds, so that uses are looked at."""
        pools = root.data.get("pools", {})
        try:
            return WrittenPools(pools=pools).pools
        except ValidationError as error:
            report_errors(error, WrittenPools, self.document, root, (), self.findings)
            return dict.fromkeys(pools if isinstance(pools, dict) else (), MOST_SLOTS)

    def _jobs(self, root: MapNode, reader: JobReader) -> dict[str, Job]:
        if "jobs" not in root.data:
            self.findings.problem(_TOP, (), '"jobs" is missing', f"{_JOBS}; an empty service says: jobs: {{}}")
            return {}
        node = root.values["jobs"]
        if not isinstance(node, MapNode):
            expected = f"{_JOBS}, or {{}} for none"
            self.findings.problem(root.keys["jobs"], ("jobs",), f"it is {written(node)}", expected)
            return {}
        check_former_names(node, self.findings)
        jobs: dict[str, Any] = {name: reader.read(name, node.keys[name], node.values[name]) for name in node.data}
        return {name: job for name, job in jobs.items() if job is not None}
