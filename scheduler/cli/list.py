"""`scheduler list`: the jobs as the file has them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.describe import job_fields, what
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.last_runs import last_runs
from scheduler.cli.options import file_option, json_option
from scheduler.cli.output import count, notice, show_json
from scheduler.cli.table import OUTCOME_STYLES, Column, Table, show
from scheduler.cli.when import length, local, need_seconds, stamp
from scheduler.jobs import Job
from scheduler.timetable import Occurrence

if TYPE_CHECKING:
    from scheduler.store.runs.row import Row

_COLUMNS = (
    Column("job", style="bold"),
    Column("schedule"),
    Column("timezone", rank=3),
    Column("runs", rank=2, least=24),
    Column("queue", rank=4),
    Column("owner", rank=5),
    # On a terminal the next run says "disabled" already.
    Column("enabled", piped=True),
    Column("next run", style="cyan"),
    Column("last", rank=1, styles=OUTCOME_STYLES),
    Column("took", rank=6),
)


@click.command(name="list")
@file_option
@json_option
@pass_invocation
def command(invocation: Invocation, file: Path | None, as_json: bool) -> None:
    """List the jobs of schedules.yaml.

    If a server answers within a second, how the last run of each job ended and how long it took is shown too.

    \b
    Examples:
      scheduler list
      scheduler list --json | jq -r '.jobs[] | select(.enabled | not) | .job'
    """
    schedule_file = invocation.schedule_file(file)
    now = invocation.clock.now()
    jobs = [(job, job.timetable.next(now) if job.enabled else None) for job in schedule_file.jobs.values()]
    last = last_runs(invocation.settings, [job.name for job, _ in jobs])
    if as_json:
        fields = [{**job_fields(job, coming), "last": _last_fields(last.get(job.name))} for job, coming in jobs]
        show_json({"file": str(schedule_file.path), "timezone": schedule_file.timezone, "jobs": fields})
    elif jobs:
        show(_table(jobs, last))
    else:
        notice(f"{schedule_file.path}: {count(0, 'job')}")


def _table(jobs: list[tuple[Job, Occurrence | None]], last: "dict[str, Row]") -> Table:
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
            *_last(last.get(job.name)),
        )
    return table


def _last(row: "Row | None") -> tuple[str, str]:
    return (row.outcome or row.state, length(row.duration)) if row else ("", "")


def _last_fields(row: "Row | None") -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "run": row.id,
        "state": row.state,
        "outcome": row.outcome,
        "finished_at": stamp(row.finished) if row.finished else None,
        "duration": round(row.duration.total_seconds(), 3) if row.duration is not None else None,
    }


def _next(job: Job, coming: Occurrence | None, *, seconds: bool) -> str:
    if not job.enabled:
        return "disabled"
    return local(coming.dispatch, job.timezone, seconds=seconds) if coming else "never"
