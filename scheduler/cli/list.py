"""`scheduler list`: the jobs as the file has them."""

from pathlib import Path

import click

from scheduler.cli.describe import job_fields, what
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import file_option, json_option
from scheduler.cli.output import count, notice, show_json
from scheduler.cli.table import Column, Table, show
from scheduler.cli.when import local, need_seconds
from scheduler.jobs import Job
from scheduler.timetable import Occurrence

_COLUMNS = (
    Column("job", style="bold"),
    Column("schedule"),
    Column("timezone", rank=3),
    Column("runs", rank=1, least=24),
    Column("queue", rank=4),
    Column("owner", rank=5),
    # On a terminal the next run says "disabled" already.
    Column("enabled", piped=True),
    Column("next run", style="cyan"),
)


@click.command(name="list")
@file_option
@json_option
@pass_invocation
def command(invocation: Invocation, file: Path | None, as_json: bool) -> None:
    """List the jobs of schedules.yaml.

    \b
    Examples:
      scheduler list
      scheduler list --json | jq -r '.jobs[] | select(.enabled | not) | .job'
    """
    schedule_file = invocation.schedule_file(file)
    now = invocation.clock.now()
    jobs = [(job, job.timetable.next(now) if job.enabled else None) for job in schedule_file.jobs.values()]
    if as_json:
        fields = [job_fields(job, coming) for job, coming in jobs]
        show_json({"file": str(schedule_file.path), "timezone": schedule_file.timezone, "jobs": fields})
    elif jobs:
        show(_table(jobs))
    else:
        notice(f"{schedule_file.path}: {count(0, 'job')}")


def _table(jobs: list[tuple[Job, Occurrence | None]]) -> Table:
    table = Table(_COLUMNS)
    seconds = need_seconds(coming.dispatch for _, coming in jobs if coming)
    for job, coming in jobs:
        table.add(
            job.name,
            job.when,
            job.timezone,
            what(job),
            job.queue or "",
            job.owner or "",
            "yes" if job.enabled else "no",
            _next(job, coming, seconds=seconds),
        )
    return table


def _next(job: Job, coming: Occurrence | None, *, seconds: bool) -> str:
    if not job.enabled:
        return "disabled"
    return local(coming.dispatch, job.timezone, seconds=seconds) if coming else "never"
