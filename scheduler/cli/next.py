"""`scheduler next`: one line of time over the jobs of the file."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click

from scheduler.cli.describe import occurrence_fields, seconds_until
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.moment import read_moment
from scheduler.cli.options import file_option, job_argument, json_option
from scheduler.cli.output import notice, show_json
from scheduler.cli.runs_table import runs_table
from scheduler.cli.selection import select
from scheduler.cli.table import show
from scheduler.cli.timeline import Coming, Skipped, coming, skipped
from scheduler.cli.when import local_stamp, stamp
from scheduler.jobs import Job

_DEFAULT_ROWS = 5
# A job that runs each second fills a day with 86,400 rows; whoever wants them asks with -n.
_MOST_ROWS = 1_000
_MOST_SKIPS = 10_000


@click.command(name="next")
@job_argument("names", several=True)
@click.option("-n", "number", type=click.IntRange(1, 1_000_000), help=f"How many runs. [default: {_DEFAULT_ROWS}]")
@click.option("--from", "start", metavar="TIME", help="Show the runs from this time on. [default: now]")
@click.option(
    "--until",
    "end",
    metavar="TIME",
    help=f"Show all runs up to this time (at most {_MOST_ROWS:,}, or what -n says).",
)
@file_option
@json_option
@pass_invocation
def command(
    invocation: Invocation,
    names: tuple[str, ...],
    number: int | None,
    start: str | None,
    end: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Show when the jobs of schedules.yaml run next.

    Reads only the file. Without JOB it shows all jobs that are enabled, in one line of time; each time is
    that of the job's own zone. A TIME is "now", a duration from now such as 2h, or an ISO time such as
    2026-03-30 or 2026-03-30T07:00+02:00; without an offset it is read in the file's timezone.

    \b
    Examples:
      scheduler next
      scheduler next daily-sales -n 10
      scheduler next --until 24h
      scheduler next --from 2026-03-28 --until 2026-03-30 --json
    """
    schedule_file = invocation.schedule_file(file)
    jobs = select(schedule_file, names)
    now = invocation.clock.now()
    first = read_moment(start, now, schedule_file.timezone, "--from") if start is not None else now
    last = read_moment(end, now, schedule_file.timezone, "--until") if end is not None else None
    limit = number or (_MOST_ROWS if last else _DEFAULT_ROWS)
    # What runs at this very instant is no longer to come; a time that was asked for is part of the answer.
    mark = first - timedelta(microseconds=1) if start is not None else now
    runs = _until(coming(jobs, mark), last)
    shown = list(islice(runs, limit))
    cut = last is not None and next(runs, None) is not None
    skips = list(islice(_skipped(jobs, mark, shown, None if cut else last), _MOST_SKIPS + 1))
    if as_json:
        show_json(_fields(shown, skips[:_MOST_SKIPS], now, first, last, cut=cut))
    elif shown or skips:
        show(runs_table(shown, now, skips[:_MOST_SKIPS]))
    if not shown and not as_json:
        notice(f"No job runs {'in this time' if last else 'again'}.")
    if cut:
        notice(f"Cut after {len(shown):,} runs: there are more until {end}. Ask for more with -n.")
    if len(skips) > _MOST_SKIPS:
        notice(f"Of the days on which jobs are skipped, the first {_MOST_SKIPS:,} are shown.")
    _notice_disabled([job.name for job in jobs if not job.enabled])


def _until(runs: Iterator[Coming], last: datetime | None) -> Iterator[Coming]:
    for run in runs:
        if last is not None and run.at > last:
            return
        yield run


def _skipped(jobs: list[Job], mark: datetime, shown: list[Coming], last: datetime | None) -> Iterator[Skipped]:
    """Yield what is skipped in the time that is shown: up to `last`, without one up to the last run."""
    end = last or (shown[-1].at if shown else mark)
    return skipped(jobs, mark, end)


def _notice_disabled(names: list[str]) -> None:
    for name in names:
        notice(f"{name} is disabled: it does not run until the file says `enabled: true`.")


def _fields(
    runs: list[Coming],
    skips: list[Skipped],
    now: datetime,
    first: datetime,
    last: datetime | None,
    *,
    cut: bool,
) -> dict[str, Any]:
    return {
        "now": stamp(now),
        "from": stamp(first),
        "until": stamp(last) if last else None,
        "cut": cut,
        "runs": [_run_fields(run, now) for run in runs],
        "skipped": [_skip_fields(one) for one in skips],
        "clock_changes": _change_fields(runs),
    }


def _run_fields(run: Coming, now: datetime) -> dict[str, Any]:
    return {
        "job": run.job.name,
        **occurrence_fields(run.occurrence, run.job.timezone),
        "in_seconds": seconds_until(run.at, now),
        "moved_from": run.job.timetable.moved_from(run.occurrence),
    }


def _skip_fields(skipped: Skipped) -> dict[str, Any]:
    return {
        "job": skipped.job.name,
        "occurrence": stamp(skipped.at),
        "local": local_stamp(skipped.at, skipped.job.timezone),
        "timezone": skipped.job.timezone,
        "count": skipped.skip.count,
        "name": skipped.skip.name,
    }


def _change_fields(runs: list[Coming]) -> list[dict[str, Any]]:
    """Return the changes of each zone's clocks between its first run that is shown and its last."""
    from scheduler.cli.clock_changes import change_fields, changes_between  # a table shows the offsets themselves

    ends: dict[str, list[datetime]] = {}
    for run in runs:
        ends.setdefault(run.job.timezone, []).append(run.at)
    return [
        {"timezone": zone, **change_fields(change)}
        for zone, times in ends.items()
        for change in changes_between(zone, times[0], times[-1])
    ]
