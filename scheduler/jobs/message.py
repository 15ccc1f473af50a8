"""The names that a message carries between beat and worker. A change here is a change of the wire format."""

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Final

REPORT: Final = "scheduler.report"
CLEANUP: Final = "scheduler.cleanup"
COMMAND: Final = "scheduler.command"
HTTP: Final = "scheduler.http"
# Where our own workers look for messages; those that share a broker with another project must not take its messages.
DEFAULT_QUEUE: Final = "scheduler"
# Commands and requests have workers of their own, which run many of them at once.
COMMANDS_QUEUE: Final = "scheduler-commands"
COMMANDS: Final = frozenset({COMMAND, HTTP})
# What comes with us, and where it goes if nobody says otherwise.
OUR_TASKS: Final = {
    REPORT: DEFAULT_QUEUE,
    CLEANUP: DEFAULT_QUEUE,
    COMMAND: COMMANDS_QUEUE,
    HTTP: COMMANDS_QUEUE,
}

JOB: Final = "scheduler_job"
RUN_ID: Final = "scheduler_run_id"
# Instants in headers are ISO 8601 in UTC and end in Z.
OCCURRENCE: Final = "scheduler_occurrence"
PREVIOUS: Final = "scheduler_previous"
TIMEZONE: Final = "scheduler_timezone"
VERSION: Final = "scheduler_v"
# What jobs.backoff.RetryPolicy writes, where the job has one.
RETRIES: Final = "scheduler_retries"
# Never sent: the worker adds it when the message arrives, another one at each delivery.
DELIVERY: Final = "scheduler_delivery"

CURRENT_VERSION: Final = 1

_RUNS: Final = hashlib.sha1(uuid.UUID("a7c1d7b2-6c5b-5e0e-9a34-5f7d1c0b8e21").bytes, usedforsecurity=False)
_VARIANTS: Final = "89ab" * 4


def instant(when: datetime) -> str:
    """Write an aware instant as headers and run ids hold it: `2026-01-02T03:00:00Z`."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def run_id(job: str, nominal: datetime) -> str:
    """The name of one occurrence's run, the same whoever computes it: `job@2026-01-02T03:00:00Z`."""
    return f"{job}@{instant(nominal)}"


def trigger_id(job: str, now: datetime) -> str:
    """The name of a run that somebody started by hand; no occurrence has a plus sign."""
    return f"{job}+{instant(now)}"


def task_id(run: str) -> str:
    """Celery's id for a run: the same run has the same, so that a second message of it is recognised."""
    # uuid.uuid5(_RUNS, run), written out: it is made for each of ten thousand runs in a second.
    hashed = _RUNS.copy()
    hashed.update(run.encode())
    digest = hashed.hexdigest()
    variant = _VARIANTS[int(digest[16], 16)]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
