"""Which beats and workers are alive: each writes its own field every few seconds."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import instant_or_none
from scheduler.store.file_record import MICROSECONDS
from scheduler.store.file_state import FileState
from scheduler.store.lag import Lag
from scheduler.store.stored_json import parse
from scheduler.store.wrong_type import unless_spoilt

ALIVE_SECONDS = 15.0
_FORGET_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Presence:
    """One process: who it is, what it does, and when Redis last heard of it (seconds since the epoch).

    `queues` are those that a worker consumes, and `keeps_ledger` whether it records what becomes of runs;
    `default_queue` is where a beat sends what names none. `clock_ahead` is how many seconds its host's clock was ahead
    of Redis's then. `form` is the latest version of stored entries that a beat understands, `messages` that of messages
    that it sends or, of a worker, understands. What a process of an earlier version does not say of itself
    is empty, None or 1.
    """

    name: str
    host: str
    pid: int
    since: float
    seen: float
    state: str
    queues: tuple[str, ...] = ()
    version: str = ""
    clock_ahead: float | None = None
    default_queue: str = ""
    lag: Lag | None = None
    keeps_ledger: bool = False
    form: int = 1
    messages: int = 1
    file: FileState | None = None

    def alive(self, now: datetime) -> bool:
        """Whether it was heard of lately."""
        return now.timestamp() - self.seen < ALIVE_SECONDS


def clock_ahead(now: datetime) -> float:
    """Return how many seconds this host's clock is ahead of Redis's, which shows `now`."""
    return round((datetime.now(UTC) - now).total_seconds(), 3)


def announce(client: Client, key: str, presence: Presence) -> None:
    """Write the process's field. Raises redis.RedisError."""
    unless_spoilt(lambda: client.hset(key, presence.name, json.dumps(asdict(presence))), None)


def withdraw(client: Client, key: str, name: str) -> None:
    """Remove the process's field, as a clean stop does. Raises redis.RedisError."""
    unless_spoilt(lambda: client.hdel(key, name), None)


def read_presences(client: Client, key: str, now: datetime) -> list[Presence]:
    """Return the processes that are alive, by name, and forget those gone for a day. Raises redis.RedisError."""
    said: dict[str, str] = unless_spoilt(lambda: client.hgetall(key), {})
    found = {name: _decode(name, text) for name, text in said.items()}
    # What cannot be read is of another version: it is not counted here, and forgotten in time by one that knows it.
    gone = [name for name, one in found.items() if one and now.timestamp() - one.seen > _FORGET_SECONDS]
    if gone:
        client.hdel(key, *gone)
    return sorted((one for one in found.values() if one and one.alive(now)), key=lambda one: one.name)


_KNOWN = frozenset(one.name for one in fields(Presence))
_KNOWN_OF_FILE = frozenset(one.name for one in fields(FileState))


def _decode(name: str, text: str) -> Presence | None:
    try:
        said = parse(text)
        known = _only(_KNOWN, said)
        known["lag"] = _lag(known.get("lag"))
        known["file"] = _file(known.get("file"))
        known["queues"] = tuple(map(str, known.get("queues", ())))
        ahead = known.get("clock_ahead")
        known["clock_ahead"] = None if ahead is None else _seconds(ahead)
        numbers = {name: int(known.get(name, 1)) for name in ("form", "messages")}
        times = {name: _seconds(known[name]) for name in ("since", "seen")}
        return Presence(**{**known, **numbers, **times, "name": name})
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        return None


def _file(said: dict[str, Any] | None) -> FileState | None:
    if not said:
        return None
    known = _only(_KNOWN_OF_FILE, said)
    numbers = {name: int(known.get(name, 0)) for name in ("stamp", "jobs", "problem_count")}
    if numbers["stamp"]:
        _seconds(numbers["stamp"] / MICROSECONDS)
    refused = known.get("refused_since")
    problems = tuple(map(str, known.get("problems", ())))
    since = None if refused is None else _seconds(refused)
    return FileState(**{**known, **numbers, "problems": problems, "refused_since": since})


def _lag(said: dict[str, Any] | None) -> Lag | None:
    if not said:
        return None
    since, *lateness = (_seconds(said[name]) for name in ("since", "p50", "p99", "max"))
    return Lag(int(said["dispatches"]), since, *lateness)


def _seconds(value: Any) -> float:
    """Return seconds since the epoch, or of a span. Raises ValueError for what names no instant and cannot be shown."""
    if instant_or_none(value) is None:
        raise ValueError(f"{value!r} is no instant")
    return float(value)


def _only(names: frozenset[str], said: dict[str, Any]) -> dict[str, Any]:
    # A later version may say more of itself.
    return {name: value for name, value in said.items() if name in names}
