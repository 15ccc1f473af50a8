"""One item under `jobs:`, made into a Job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from scheduler.jobs.arguments import ArgumentsReader
from scheduler.jobs.command import stored_command
from scheduler.jobs.compose import Document
from scheduler.jobs.findings import Findings
from scheduler.jobs.http import stored_http
from scheduler.jobs.job import Job, Kind, TaskCall
from scheduler.jobs.job_name import EXPECTED, JOB_NAME
from scheduler.jobs.literals import note_literals
from scheduler.jobs.message import CLEANUP, COMMAND, COMMANDS_QUEUE, HTTP, REPORT
from scheduler.jobs.node import MapNode, Mark, Node, Path
from scheduler.jobs.notes import Noted
from scheduler.jobs.overlap import WrittenOverlap
from scheduler.jobs.routing import expand_keys
from scheduler.jobs.rules import RulesCheck
from scheduler.jobs.times import with_times
from scheduler.jobs.when import WhenReader
from scheduler.jobs.words import report_errors, written
from scheduler.jobs.written import WrittenDefaults, WrittenJob
from scheduler.timetable import Timetable
from scheduler.timetable.duration import format_duration

_WHENS = ("cron", "every", "at")
_KINDS: tuple[Kind, ...] = ("task", "report", "cleanup", "command", "http")
_JOB = "keys such as cron and task"
# For these the model takes a missing key for None; in the file, a key without a value is a slip.
_OPTIONAL = frozenset(name for name, field in WrittenJob.model_fields.items() if field.default is None)


@dataclass(slots=True)
class JobReader:
    """Reads the jobs of one file, which share its defaults."""

    text: str
    document: Document
    environ: Mapping[str, str]
    findings: Findings
    defaults: WrittenDefaults
    rules: RulesCheck
    now: datetime | None
    when: WhenReader
    arguments: ArgumentsReader = field(init=False)
    has_references: bool = field(init=False)

    def __post_init__(self) -> None:
        self.has_references = "${" in self.text
        self.arguments = ArgumentsReader(self.document, self.environ, self.findings, self.has_references)

    def read(self, name: str, mark: Mark, node: Node) -> Job | None:
        """Return the job, or None where something is wrong with it; what, is in the findings."""
        way: Path = ("jobs", name)
        faults = len(self.findings.problems)
        if not JOB_NAME.fullmatch(name):
            self.findings.problem(mark, way, f'"{name}" is not a job name', EXPECTED)
        if not isinstance(node, MapNode):
            self.findings.problem(mark, way, f"it is {written(node)}", _JOB)
            return None
        self._check_keys(node, way, mark)
        self.arguments.check(node, way)
        data = expand_keys(node.data, node, way, self.environ, self.findings) if self.has_references else node.data
        data = with_times(data, node, self.document.surprises)
        timetable = self.when.read(name, data, node, way)
        try:
            job = WrittenJob.model_validate(data)
        except ValidationError as error:
            report_errors(error, WrittenJob, self.document, node, way, self.findings)
            return None
        self.rules.check(job, node, way)
        overlap = self.rules.overlap(job, self.defaults, node, way)
        if timetable is None or len(self.findings.problems) > faults:
            return None
        made = self._made(name, mark, node, job, timetable, overlap)
        if self.now is not None:
            note_literals(node, way, self.findings)
            says_dst = self.when.says_dst or "dst" in node.data
            Noted(name, timetable, node, way, self.now, says_dst=says_dst).note(self.findings)
            self.rules.note(made, node, way)
        return made

    def _check_keys(self, node: MapNode, way: Path, mark: Mark) -> None:
        self._check_one_of(_WHENS, node, way, mark)
        self._check_one_of(_KINDS, node, way, mark)
        if "task" not in node.data:
            for key in {"args", "kwargs"} & node.keys.keys():
                self.findings.problem(node.keys[key], (*way, key), f"{key} belong to a task", "task: beside it")
        if "anchor" in node.data and "every" not in node.data:
            what = "an anchor belongs to an interval"
            self.findings.problem(node.keys["anchor"], (*way, "anchor"), what, "every: beside it")
        if None in node.data.values():
            for key, value in node.data.items():
                if value is None and key in _OPTIONAL:
                    self.findings.problem(node.keys[key], (*way, key), "it has no value", "a value, or no such key")

    def _check_one_of(self, keys: tuple[str, ...], node: MapNode, way: Path, mark: Mark) -> None:
        present = [key for key in keys if key in node.data]
        if len(present) == 1:
            return
        if present:
            marks = [node.keys[key] for key in present]
            mark = max(marks, key=lambda mark: (mark.line, mark.column))
        what = f"{' and '.join(present)} cannot hold together" if present else f"there is no {' or '.join(keys)}"
        self.findings.problem(mark, way, what, f"exactly one of {', '.join(keys)}")

    def _made(
        self, name: str, mark: Mark, node: MapNode, job: WrittenJob, timetable: Timetable, overlap: WrittenOverlap
    ) -> Job:
        defaults = self.defaults
        return Job(
            name=name,
            description=job.description,
            owner=job.owner or defaults.owner,
            was=tuple(job.was or ()),
            enabled=defaults.enabled if job.enabled is None else job.enabled,
            timetable=timetable,
            when=_when(job),
            timezone=timetable.timezone,
            queue=job.queue or defaults.queue or _usual_queue(job),
            timeout=job.timeout or defaults.timeout,
            retries=job.retries or defaults.retries,
            on_lost=job.on_lost or defaults.on_lost,
            overlap=overlap,
            expires=job.expires or defaults.expires,
            uses=defaults.uses if job.uses is None else job.uses,
            priority=defaults.priority if job.priority is None else job.priority,
            catch_up=job.catch_up or defaults.catch_up,
            kind=next(kind for kind in _KINDS if getattr(job, kind) is not None),
            call=_call(node, job),
            report=job.report,
            cleanup=job.cleanup,
            command=job.command,
            http=job.http,
            line=mark.line + 1,
        )


def _usual_queue(job: WrittenJob) -> str | None:
    return COMMANDS_QUEUE if job.command or job.http else None


def _when(job: WrittenJob) -> str:
    if job.at:
        return f"at {job.at[0]}" + (f" and {len(job.at) - 1} more" if len(job.at) > 1 else "")
    if job.every:
        return f"every {format_duration(job.every)}" + (f" from {job.anchor}" if job.anchor else "")
    return str(job.cron)


def _call(node: MapNode, job: WrittenJob) -> TaskCall:
    if job.task:
        return TaskCall(name=job.task, args=job.args, kwargs=job.kwargs)
    # As written, not as validated: the worker resolves the references and validates again.
    if job.report:
        return TaskCall(name=REPORT, kwargs={"report": node.data["report"]})
    if job.cleanup:
        return TaskCall(name=CLEANUP, kwargs={"cleanup": node.data["cleanup"]})
    if job.http:
        return TaskCall(name=HTTP, kwargs={"http": stored_http(node.data["http"])})
    return TaskCall(name=COMMAND, kwargs={"command": stored_command(node.data["command"])})
