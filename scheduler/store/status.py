"""What is in Redis right now, read for a person to look at."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import RedisClock, instant, score
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, read_presences

# kombu's lists of a queue: the queue itself, and one for each step of priority above 0.
PRIORITY_SUFFIXES = ("", "\x06\x163", "\x06\x166", "\x06\x169")
_FOREIGN_READ = 1_000


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """A queue that entries are sent to; `workers` are the live ones that consume it."""

    name: str
    messages: int
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """One look at Redis. Instants are aware UTC, by Redis's clock."""

    server: str
    version: str
    now: datetime
    clock_skew: timedelta
    """How far this host's clock is ahead of Redis's."""
    entries: int
    jobs: int
    due: int
    next_dispatches: tuple[tuple[str, datetime], ...]
    beats: tuple[Presence, ...]
    workers: tuple[Presence, ...]
    queues: tuple[QueueStatus, ...]

    @property
    def leader(self) -> Presence | None:
        """The beat that dispatches, if one is alive."""
        return next((beat for beat in self.beats if beat.state == "leader"), None)


def read_status(client: Client, keys: Keys, default_queue: str, shown: int = 5) -> Status:
    """Look at everything; `shown` next dispatches. Raises redis.RedisError."""
    clock = RedisClock(client)
    clock.sync()
    now = clock.now()
    info: dict[str, Any] = client.info("server")
    jobs: dict[str, str] = client.hgetall(keys.jobs)
    workers = read_presences(client, keys.workers, now)
    upcoming = client.zrange(keys.schedule, 0, "+inf", byscore=True, offset=0, num=shown, withscores=True)
    return Status(
        server="Valkey" if "valkey_version" in info else "Redis",
        version=str(info.get("valkey_version") or info["redis_version"]),
        now=now,
        clock_skew=datetime.now(UTC) - now,
        entries=client.zcard(keys.schedule),
        jobs=len(jobs),
        due=client.zcount(keys.schedule, 0, score(now)),
        next_dispatches=tuple((keys.name(key), instant(float(when))) for key, when in upcoming),
        beats=tuple(read_presences(client, keys.beats, now)),
        workers=tuple(workers),
        queues=tuple(_queues(client, _queue_names(client, keys, jobs, default_queue), workers)),
    )


def _queue_names(client: Client, keys: Keys, jobs: dict[str, str], default: str) -> set[str]:
    names = {revision.partition(" ")[2].partition(" ")[2] or default for revision in jobs.values()}
    members = client.zrange(keys.schedule, 0, -1) if client.zcard(keys.schedule) != len(jobs) else []
    foreign = [key for key in members if keys.name(key) not in jobs][:_FOREIGN_READ]
    pipe = client.pipeline(transaction=False)
    for key in foreign:
        pipe.hget(key, "definition")
    return names | {_queue_of(text, default) for text in pipe.execute(raise_on_error=False)}


def _queue_of(definition: object, default: str) -> str:
    try:
        options = json.loads(definition).get("options") if isinstance(definition, str) else None
    except ValueError:
        options = None
    queue = options.get("queue") if isinstance(options, dict) else None
    return queue if isinstance(queue, str) else default


def _queues(client: Client, names: Iterable[str], workers: list[Presence]) -> Iterable[QueueStatus]:
    for name in sorted(names):
        pipe = client.pipeline(transaction=False)
        for suffix in PRIORITY_SUFFIXES:
            pipe.llen(name + suffix)
        consumers = tuple(worker.name for worker in workers if name in worker.queues)
        lengths = pipe.execute(raise_on_error=False)
        yield QueueStatus(name, sum(one for one in lengths if isinstance(one, int)), consumers)
