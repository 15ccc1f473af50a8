"""`scheduler calendar`: a month with its runs and holidays."""

from datetime import date
from pathlib import Path
from typing import Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.moment import read_month
from scheduler.cli.month import Day, month
from scheduler.cli.month_grid import grid
from scheduler.cli.options import file_option, job_argument, json_option
from scheduler.cli.output import count, show_json
from scheduler.cli.selection import select
from scheduler.cli.when import local_date
from scheduler.jobs import Job


@click.command(name="calendar")
@job_argument("names", several=True)
@click.option("--month", "month_text", metavar="MONTH", help='Such as "2026-12". [default: the present one]')
@file_option
@json_option
@pass_invocation
def command(
    invocation: Invocation, names: tuple[str, ...], month_text: str | None, file: Path | None, as_json: bool
) -> None:
    """Show a month: the runs of each day, and holidays.

    Below each day stands how many runs are dispatched on it; then, where a calendar does that, how many are skipped or
    moved to another day. Holidays are those of the calendars that the jobs use. Days are those of the jobs' zone if
    they share one, otherwise those of the file's. Without JOB it shows all jobs that are enabled.

    \b
    Examples:
      scheduler calendar
      scheduler calendar daily-sales --month 2026-12
      scheduler calendar --json | jq '.days[] | select(.skipped > 0)'
    """
    schedule_file = invocation.schedule_file(file)
    jobs = select(schedule_file, names)
    zones = {job.timezone for job in jobs}
    timezone = zones.pop() if len(zones) == 1 else schedule_file.timezone
    today = local_date(invocation.clock.now(), timezone)
    first = read_month(month_text, "--month") if month_text is not None else today.replace(day=1)
    days = month(first, jobs, timezone)
    if as_json:
        show_json(_fields(first, timezone, today, jobs, days))
        return
    runs = sum(day.runs for day in days)
    click.echo(f"{first:%B %Y}, {timezone}: {count(len(jobs), 'job')}, {count(runs, 'run')}")
    click.echo()
    for line in grid(days, today):
        click.echo(line)


def _fields(first: date, timezone: str, today: date, jobs: list[Job], days: list[Day]) -> dict[str, Any]:
    return {
        "month": f"{first:%Y-%m}",
        "timezone": timezone,
        "today": today.isoformat(),
        "jobs": [job.name for job in jobs],
        "runs": sum(day.runs for day in days),
        "days": [
            {
                "date": day.date.isoformat(),
                "runs": day.runs,
                "skipped": day.skipped,
                "moved": day.moved,
                "names": day.names,
            }
            for day in days
        ],
    }
