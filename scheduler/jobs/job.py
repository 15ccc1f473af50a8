"""A job and the file it stands in, as the rest of the service sees them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic_core import CoreSchema, core_schema

from scheduler.jobs.catch_up import WrittenCatchUp
from scheduler.jobs.cleanup import Cleanup
from scheduler.jobs.command import Command
from scheduler.jobs.http import Http
from scheduler.jobs.model import Model
from scheduler.jobs.overlap import WrittenOverlap
from scheduler.jobs.report import Report
from scheduler.jobs.retries import WrittenRetries
from scheduler.timetable import Timetable, to_stored

Kind = Literal["task", "report", "cleanup", "command", "http"]


class _AsItIs:
    """A timetable has its own rules. Its schedule is a protocol, which pydantic cannot look into."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Timetable], handler: object) -> CoreSchema:
        stored = core_schema.plain_serializer_function_ser_schema(to_stored, when_used="json")
        return core_schema.is_instance_schema(source, serialization=stored)


class TaskCall(Model):
    """The Celery task that a job runs. Arguments are JSON-able and hold their references unexpanded."""

    name: str
    args: list[Any] = Field(default_factory=list)
    kwargs: dict[str, Any] = Field(default_factory=dict)


class Job(Model):
    """One named item of the file.

    `was` are the names that it had before, `when` is the schedule as written, `timeout` is for each attempt, `expires`
    is how long after its dispatch a run may still start, `uses` are slots of pools by name, `priority` is from 0 to 9
    (the most urgent), `line` counts from 1.
    """

    name: str
    description: str | None = None
    owner: str | None = None
    was: tuple[str, ...] = ()
    enabled: bool = True
    timetable: Annotated[Timetable, _AsItIs]
    when: str
    timezone: str
    queue: str | None = None
    timeout: timedelta | None = None
    retries: WrittenRetries = WrittenRetries()
    on_lost: Literal["fail", "rerun"] = "fail"
    overlap: WrittenOverlap = WrittenOverlap()
    expires: timedelta | None = None
    uses: dict[str, int] = Field(default_factory=dict)
    priority: int = 5
    catch_up: WrittenCatchUp = WrittenCatchUp()
    kind: Kind
    call: TaskCall
    report: Report | None = None
    cleanup: Cleanup | None = None
    command: Command | None = None
    http: Http | None = None
    line: int = 1


class ScheduleFile(Model):
    """A valid file: its jobs by name, in the order of the file, and the sizes of its pools."""

    path: Path
    timezone: str
    pools: dict[str, int] = Field(default_factory=dict)
    jobs: dict[str, Job]
