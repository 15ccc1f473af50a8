"""What is in Redis right now, read for a person to look at."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND, RedisClock, instant, score
from scheduler.store.condition import Condition, Unknown, read_condition
from scheduler.store.file_record import FileRecord, read_file_record
from scheduler.store.keys import Keys
from scheduler.store.lag import Lag
from scheduler.store.list_names import DEFAULT_NAMES, ListNames, read_list_names
from scheduler.store.lock import Lock, read_lock
from scheduler.store.presence import Presence, read_presences
from scheduler.store.queues import QueueStatus, read_queues
from scheduler.store.spoilt import Spoilt, read_spoilt
from scheduler.store.unreadable import Unreadable, read_unreadable
from scheduler.store.wrong_type import unless_spoilt


@dataclass(frozen=True, slots=True)
class Status:
    """One look at Redis. Instants are aware UTC, by Redis's clock."""

    server: Condition | Unknown
    now: datetime
    clock_skew: timedelta
    """How far this host's clock is ahead of Redis's."""
    entries: int
    jobs: int
    due: int
    overdue: timedelta
    """How long the first entry that is due has been due; zero where none is."""
    next_dispatches: tuple[tuple[str, datetime], ...] = ()
    beats: tuple[Presence, ...] = ()
    workers: tuple[Presence, ...] = ()
    queues: tuple[QueueStatus, ...] = ()
    list_names: ListNames = DEFAULT_NAMES
    unreadable: Unreadable = field(default_factory=Unreadable)
    file: FileRecord | None = None
    """The file in force; None where none was ever installed."""
    lock: Lock | None = None
    """Who holds the lock; None where nobody does."""
    spoilt: tuple[Spoilt, ...] = ()
    """Keys under which something else lies than they are for."""

    @property
    def leader(self) -> Presence | None:
        """The beat that dispatches, if one is alive."""
        return next((beat for beat in self.beats if beat.state == "leader"), None)

    @property
    def lag(self) -> Lag | None:
        """How late the leader's latest dispatches were; None where there is no leader, or it dispatched nothing."""
        return None if self.leader is None else self.leader.lag


def read_status(client: Client, keys: Keys, app: Celery, shown: int = 5) -> Status:
    """Look at everything; `shown` next dispatches. Raises redis.RedisError.

    `app` reads stored entries; its default queue is that of jobs that name none, if no beat says which one is its own.
    """
    clock = RedisClock(client)
    clock.sync()
    now = clock.now()
    file = read_file_record(client, keys)
    beats, workers = read_presences(client, keys.beats, now), read_presences(client, keys.workers, now)
    default_queue = next((beat.default_queue for beat in beats if beat.default_queue), app.conf.task_default_queue)
    return Status(
        server=read_condition(client),
        now=now,
        clock_skew=datetime.now(UTC) - now,
        entries=unless_spoilt(lambda: client.zcard(keys.schedule), 0),
        jobs=unless_spoilt(lambda: client.hlen(keys.jobs), 0),
        due=unless_spoilt(lambda: client.zcount(keys.schedule, 0, score(now)), 0),
        overdue=unless_spoilt(lambda: _overdue(client, keys, now), timedelta(0)),
        next_dispatches=unless_spoilt(lambda: _next_dispatches(client, keys, shown), ()),
        beats=tuple(beats),
        workers=tuple(workers),
        queues=read_queues(client, keys, file.queues if file else {}, default_queue, workers),
        list_names=read_list_names(client, keys),
        unreadable=unless_spoilt(lambda: read_unreadable(client, keys, app, now), Unreadable()),
        file=file,
        lock=read_lock(client, keys),
        spoilt=tuple(read_spoilt(client, keys)),
    )


def _next_dispatches(client: Client, keys: Keys, shown: int) -> tuple[tuple[str, datetime], ...]:
    found = client.zrange(keys.schedule, 0, f"({BEYOND!r}", byscore=True, offset=0, num=shown, withscores=True)
    return tuple((keys.name(key), instant(float(when))) for key, when in found)


def _overdue(client: Client, keys: Keys, now: datetime) -> timedelta:
    # One that never ran is due at once, and has the score 0: that says nothing of since when.
    first = client.zrange(keys.schedule, "(0", score(now), byscore=True, offset=0, num=1, withscores=True)
    return max(timedelta(0), now - instant(float(first[0][1]))) if first else timedelta(0)
