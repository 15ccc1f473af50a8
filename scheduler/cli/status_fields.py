"""A look at Redis, for programs."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from scheduler.cli.status_warnings import status_warnings
from scheduler.cli.when import stamp
from scheduler.store.condition import Condition, Unknown
from scheduler.store.file_record import MICROSECONDS, FileRecord
from scheduler.store.file_state import FileState
from scheduler.store.lag import Lag
from scheduler.store.lock import Lock
from scheduler.store.presence import Presence
from scheduler.store.queues import QueueStatus
from scheduler.store.server import RedisUrl
from scheduler.store.status import Status


def status_fields(status: Status, url: RedisUrl) -> dict[str, Any]:
    """Return the look for `--json`."""
    return {
        "server": {"url": str(url), **_server_fields(status.server)},
        "now": stamp(status.now),
        "clock_skew_seconds": round(status.clock_skew.total_seconds(), 3),
        "jobs": status.jobs,
        "entries": status.entries,
        "due": status.due,
        "next": [{"job": name, "dispatch": stamp(when)} for name, when in status.next_dispatches],
        "beats": [_presence_fields(beat) for beat in status.beats],
        "workers": [_presence_fields(worker) for worker in status.workers],
        "queues": [_queue_fields(queue) for queue in status.queues],
        "warnings": list(status_warnings(status)),
        "leader": status.leader.name if status.leader else None,
        "overdue_seconds": round(status.overdue.total_seconds(), 3),
        "lag": _lag_fields(status.lag) if status.lag else None,
        "broken": [asdict(one) for one in status.unreadable.broken],
        "newer": list(status.unreadable.newer),
        "file": _file_fields(status.file) if status.file else None,
        "lock": _lock_fields(status.lock) if status.lock else None,
        "spoilt": [one._asdict() for one in status.spoilt],
    }


def _lock_fields(lock: Lock) -> dict[str, Any]:
    ends_in = None if lock.ends_in is None else round(lock.ends_in.total_seconds(), 3)
    return {"holder": lock.holder, "ends_in_seconds": ends_in}


def _server_fields(server: Condition | Unknown) -> dict[str, Any]:
    if isinstance(server, Unknown):
        return {"name": None, "version": None, "not_allowed": server.reason}
    return {
        "name": server.name,
        "version": server.version,
        "not_allowed": None,
        "replica": server.is_replica,
        "append_only_file": server.appends_to_file,
        "persistence_fails": server.persistence_fails,
        "memory_used": server.memory_used,
        "memory_limit": server.memory_limit,
        "eviction_policy": server.eviction_policy,
    }


def _presence_fields(presence: Presence) -> dict[str, Any]:
    return {
        "name": presence.name,
        "state": presence.state,
        "host": presence.host,
        "pid": presence.pid,
        "since": stamp(_instant(presence.since)),
        "seen": stamp(_instant(presence.seen)),
        "queues": list(presence.queues),
        "version": presence.version,
        "form": presence.form,
        "messages": presence.messages,
        "clock_skew_seconds": presence.clock_ahead,
        "file": _state_fields(presence.file) if presence.file else None,
    }


def _file_fields(record: FileRecord) -> dict[str, Any]:
    return {
        "path": record.path,
        "by": record.by,
        "applied": record.was_applied,
        "stamp": stamp(record.stamped),
        "content": record.content,
        "jobs": record.jobs,
        "form": record.form,
    }


def _state_fields(state: FileState) -> dict[str, Any]:
    return {
        "path": state.path,
        "stamp": stamp(_instant(state.stamp / MICROSECONDS)) if state.stamp else None,
        "content": state.content or None,
        "jobs": state.jobs,
        "problems": list(state.problems),
        "problem_count": state.problem_count,
        "refused_since": stamp(_instant(state.refused_since)) if state.refused_since else None,
    }


def _queue_fields(queue: QueueStatus) -> dict[str, Any]:
    return {
        "queue": queue.name,
        "waiting": queue.messages,
        "workers": list(queue.workers),
        "oldest": stamp(queue.oldest) if queue.oldest else None,
        "has_jobs": queue.has_jobs,
        "keeps_ledger": queue.keeps_ledger,
    }


def _lag_fields(lag: Lag) -> dict[str, Any]:
    return {
        "dispatches": lag.dispatches,
        "since": stamp(_instant(lag.since)),
        "p50_seconds": round(lag.p50, 4),
        "p99_seconds": round(lag.p99, 4),
        "max_seconds": round(lag.max, 4),
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
