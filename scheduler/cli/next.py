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
from scheduler.cli.timeline import Coming, coming
from scheduler.cli.when import stamp

_DEFAULT_ROWS = 5
# A job that runs each second fills a day with 86,400 rows; whoever wants them asks with -n.
_MOST_ROWS = 1_000


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
    first = read_moment(start, now, schedule_file.timezone, "--from") if start else now
    last = read_moment(end, now, schedule_file.timezone, "--until") if end else None
    limit = number or (_MOST_ROWS if last else _DEFAULT_ROWS)
    # What runs at this very instant is no longer to come; a time that was asked for is part of the answer.
    mark = first - timedelta(microseconds=1) if start else now
    runs = _until(coming(jobs, mark), last)
    shown = list(islice(runs, limit))
    cut = last is not None and next(runs, None) is not None
    if as_json:
        show_json(_fields(shown, now, first, last, cut=cut))
    elif shown:
        show(runs_table(shown, now))
    else:
        notice(f"No job runs {'in this time' if last else 'again'}.")
    if cut:
        notice(f"Cut after {len(shown):,} runs: there are more until {end}. Ask for more with -n.")
    _notice_disabled([job.name for job in jobs if not job.enabled])


def _until(runs: Iterator[Coming], last: datetime | None) -> Iterator[Coming]:
    for run in runs:
        if last is not None and run.at > last:
            return
        yield run


def _notice_disabled(names: list[str]) -> None:
    for name in names:
        notice(f"{name} is disabled: it does not run until the file says `enabled: true`.")


def _fields(runs: list[Coming], now: datetime, first: datetime, last: datetime | None, *, cut: bool) -> dict[str, Any]:
    return {
        "now": stamp(now),
        "from": stamp(first),
        "until": stamp(last) if last else None,
        "cut": cut,
        "runs": [
            {
                "job": run.job.name,
                **occurrence_fields(run.occurrence, run.job.timezone),
                "in_seconds": seconds_until(run.at, now),
            }
            for run in runs
        ],
    }
