"""Which beats and workers are alive: each writes its own field every few seconds."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from scheduler.store.client import Client

ALIVE_SECONDS = 15.0
_FORGET_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Presence:
    """One process: who it is, what it does, and when Redis last heard of it (seconds since the epoch)."""

    name: str
    host: str
    pid: int
    since: float
    seen: float
    state: str
    queues: tuple[str, ...] = ()
    version: str = ""

    def alive(self, now: datetime) -> bool:
        """Whether it was heard of lately."""
        return now.timestamp() - self.seen < ALIVE_SECONDS


def announce(client: Client, key: str, presence: Presence) -> None:
    """Write the process's field. Raises redis.RedisError."""
    client.hset(key, presence.name, json.dumps(asdict(presence)))


def withdraw(client: Client, key: str, name: str) -> None:
    """Remove the process's field, as a clean stop does. Raises redis.RedisError."""
    client.hdel(key, name)


def read_presences(client: Client, key: str, now: datetime) -> list[Presence]:
    """Return the processes that are alive, by name, and forget those gone for a day. Raises redis.RedisError."""
    found = {name: _decode(text) for name, text in client.hgetall(key).items()}
    gone = [name for name, one in found.items() if one is None or now.timestamp() - one.seen > _FORGET_SECONDS]
    if gone:
        client.hdel(key, *gone)
    return sorted((one for one in found.values() if one and one.alive(now)), key=lambda one: one.name)


def _decode(text: str) -> Presence | None:
    try:
        fields = json.loads(text)
        return Presence(**{**fields, "queues": tuple(fields.get("queues", ()))})
    except (ValueError, TypeError, AttributeError):
        # Written by another version: it is not counted here, and forgotten in time by the one that knows it.
        return None
