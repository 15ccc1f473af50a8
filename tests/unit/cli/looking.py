"""A look at Redis as `scheduler status` finds it, put together by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.store.condition import Condition
from scheduler.store.file_record import FileRecord
from scheduler.store.file_state import FileState
from scheduler.store.lag import Lag
from scheduler.store.presence import Presence
from scheduler.store.queues import QueueStatus
from scheduler.store.server import RedisUrl
from scheduler.store.status import Status

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
URL = RedisUrl.parse("redis://:hunter2@queue.example.org:6379/0")
STAMP = int((NOW - timedelta(hours=3)).timestamp() * 1_000_000)
WELL = Condition("Valkey", "9.1.0", False, True, False, 50 * 2**20, 0, "noeviction")
LAG = Lag(1_234, NOW.timestamp() - 3_500, 0.0042, 0.0187, 1.5)
FILE = FileState("/etc/schedules.yaml", STAMP, "c0ffee", 12)
RECORD = FileRecord("id", STAMP, "c0ffee", "a:11:aaa", "/etc/schedules.yaml", 12, 12, 0, 0, STAMP, "c0ffee")


def presence(name: str, state: str, **fields: Any) -> Presence:
    host, pid = (*name.split(":"), "7")[:2]
    said = {"host": host, "pid": int(pid), "since": NOW.timestamp() - 7_200, "seen": NOW.timestamp(), **fields}
    return Presence(name=name, state=state, **said)


LEADER = presence("a:11:aaa", "leader", lag=LAG, file=FILE, version="1.2")
STANDBY = presence("b:22:bbb", "standby", file=FILE, version="1.2")
WORKER = presence("w", "ready", queues=("scheduler", "slow"), version="1.2")


def look(**fields: Any) -> Status:
    """Return a look at which nothing is amiss, but for what the fields say."""
    usual: dict[str, Any] = {
        "server": WELL,
        "now": NOW,
        "clock_skew": timedelta(seconds=0.25),
        "entries": 12,
        "jobs": 12,
        "due": 0,
        "overdue": timedelta(0),
        "next_dispatches": (("nightly", NOW + timedelta(minutes=90)),),
        "beats": (LEADER, STANDBY),
        "workers": (WORKER,),
        "queues": (QueueStatus("scheduler", 0, ("w",)), QueueStatus("slow", 3, ("w",), NOW - timedelta(minutes=2))),
        "file": RECORD,
    }
    return Status(**{**usual, **fields})
