"""What `up` says before it starts anything: what runs when, where it goes and how to stop it."""

from datetime import datetime

from scheduler.cli.output import count
from scheduler.cli.runs_table import runs_table
from scheduler.cli.table import Table
from scheduler.cli.timeline import next_of_each
from scheduler.jobs import ScheduleFile
from scheduler.settings import Settings
from scheduler.timetable.duration import format_duration

_MOST_ROWS = 12

FIRST_JOB = """\
There is no {path} yet. Write your first job there, and it runs within two seconds of saving:

  jobs:
    hello:
      every: 1m
      report: {{database: "sqlite://", query: SELECT 'it works' AS hello,
               deliver: [{{file: hello.csv}}]}}
"""


def first_lines(file: ScheduleFile) -> str:
    """Say what the service will run."""
    enabled = sum(job.enabled for job in file.jobs.values())
    disabled = len(file.jobs) - enabled
    return f"{file.path}: {count(enabled, 'job')}" + (f", {disabled:,} disabled" if disabled else "")


def next_runs(file: ScheduleFile, now: datetime) -> tuple[Table, int]:
    """Return the next run of each job that is enabled, soonest first, and how many are left out."""
    runs = next_of_each((job for job in file.jobs.values() if job.enabled), now)
    return runs_table(runs[:_MOST_ROWS], now), max(0, len(runs) - _MOST_ROWS)


def last_lines(settings: Settings) -> str:
    """Say where things go and how to stop."""
    server = "your Redis (SCHEDULER_REDIS_URL)" if settings.redis_url else f"an own Valkey, kept in {settings.data}"
    return (
        f"Outputs go to   {settings.output}\n"
        f"State is in     {server}\n"
        f"Edit the file   and the change is in force within two seconds\n"
        f"Stop with       Ctrl-C: runs in hand get {format_duration(settings.grace)} to end\n"
    )
