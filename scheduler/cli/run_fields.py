"""A run for programs."""

from datetime import datetime, timedelta
from typing import Any

from scheduler.cli.when import stamp
from scheduler.store.runs.row import Row


def run_fields(row: Row) -> dict[str, Any]:
    """Return the run for `--json`; spans of time in seconds."""
    return {
        "id": row.id,
        "job": row.job,
        "occurrence": stamp(row.occurrence),
        "state": row.state,
        "outcome": row.outcome,
        "reason": row.reason,
        "attempt": row.attempt,
        "worker": row.worker,
        "exit_code": row.exit_code,
        "exception": row.exception,
        "summary": row.summary,
        "dispatched_at": _stamp(row.dispatched),
        "started_at": _stamp(row.started),
        "finished_at": _stamp(row.finished),
        "dispatch_lateness": _seconds(row.dispatch_lateness),
        "start_lateness": _seconds(row.start_lateness),
        "duration": _seconds(row.duration),
        "retry_at": _stamp(row.retry_at),
        "progress": row.progress,
        "doing": row.doing,
        "count": row.count,
        "until": _stamp(row.until),
    }


def _stamp(instant: datetime | None) -> str | None:
    return stamp(instant) if instant else None


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds(), 3)
