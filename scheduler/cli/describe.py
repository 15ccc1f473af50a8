"""A job in words and in JSON. What a report connects to is never shown: it can hold a password."""

import shlex
from datetime import datetime
from typing import Any

from scheduler.cli.when import local_stamp, stamp
from scheduler.jobs import Job
from scheduler.jobs.command import SHELL
from scheduler.timetable import Occurrence
from scheduler.timetable.duration import format_duration

_LONGEST = 60


def what(job: Job) -> str:
    """Say in a few words what the job runs."""
    if job.report is not None:
        return f"report to {', '.join(delivery.file for delivery in job.report.deliver)}"
    if job.cleanup is not None:
        files = job.cleanup.files
        folder, age = files.path.rstrip("/"), format_duration(files.older_than)
        return f"cleanup of {folder}/{files.pattern} older than {age}"
    if job.command is not None:
        return f"command {_line(job.command.run)}"
    return f"task {job.call.name}"


def _line(arguments: list[str]) -> str:
    """Return a command as it is typed, and no more of it than tells which it is."""
    text = arguments[2] if tuple(arguments[:2]) == SHELL else shlex.join(arguments)
    line = text.strip().partition("\n")[0]
    return line if line == text.strip() and len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def job_fields(job: Job, coming: Occurrence | None) -> dict[str, Any]:
    """Return the job for `--json`."""
    return {
        "job": job.name,
        "description": job.description,
        "owner": job.owner,
        "enabled": job.enabled,
        "schedule": job.when,
        "timezone": job.timezone,
        "means": job.timetable.explain(),
        "kind": job.kind,
        "what": what(job),
        "task": job.call.name,
        "queue": job.queue,
        "timeout_seconds": job.timeout.total_seconds() if job.timeout else None,
        "line": job.line,
        "next": occurrence_fields(coming, job.timezone) if coming else None,
    }


def occurrence_fields(occurrence: Occurrence, timezone: str) -> dict[str, Any]:
    """Return an occurrence for `--json`: the nominal instant, and the dispatch in UTC and in the zone."""
    return {
        "occurrence": stamp(occurrence.nominal),
        "dispatch": stamp(occurrence.dispatch),
        "local": local_stamp(occurrence.dispatch, timezone),
        "timezone": timezone,
    }


def seconds_until(instant: datetime, now: datetime) -> float:
    """Return the seconds from now to the instant, to the millisecond; negative for the past."""
    return round((instant - now).total_seconds(), 3)
