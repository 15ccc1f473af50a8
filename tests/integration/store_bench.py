"""The store's side of installing, on a real server and without a beat: what is staged, and carried out by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis

from scheduler.jobs import ScheduleFile
from scheduler.jobs.load import load
from scheduler.store.clock import score
from scheduler.store.installation import Installation, Progress
from scheduler.store.keys import Keys
from scheduler.store.mark import mark_text, read_mark
from scheduler.store.staging import Answer, Offer, Staged, Staging

KEYS = Keys("scheduler:")
TOKEN = "the leader's"


def at(text: str) -> datetime:
    """Return a time of 2026-03-02 (a Monday), UTC."""
    return datetime.fromisoformat(f"2026-03-02T{text}").replace(tzinfo=UTC)


class StoreBench:
    """One server, and a leader's token on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.redis.set(KEYS.lock, TOKEN)
        self.staging = Staging(self.redis, KEYS)
        self.installation = Installation(self.redis, KEYS)
        self._folder = folder
        self._stamp = 1_000

    def file(self, text: str) -> ScheduleFile:
        path = self._folder / "schedules.yaml"
        path.write_text(f"jobs:\n{text}\n" if text else "jobs: {}\n")
        return load(path, {}, max_bytes=1_000_000).file

    def stage(self, text: str, now: datetime, token: str = TOKEN, stamp: int | None = None) -> Staged:
        """Offer a file as a leader would; each has a later stamp than the one before."""
        self._stamp += 1
        offer = Offer("schedules.yaml", "a test", self._stamp if stamp is None else stamp, token)
        return self.staging.stage(self.file(text), offer, now)

    def install(self, text: str, now: datetime, passed: datetime | None = None) -> Staged:
        """Stage a file and carry it out, as between two passes; `passed` is the time of the one before."""
        staged = self.stage(text, now)
        assert staged.answer is Answer.STAGED
        self.advance(now, passed)
        return staged

    def advance(self, now: datetime, passed: datetime | None = None, token: str = TOKEN) -> Progress:
        return self.installation.advance(token, now, passed, seconds=10.0)

    def dispatched(self, name: str, mark: datetime, following: datetime) -> None:
        """Let the job's occurrence at `mark` have been dispatched."""
        self.redis.hset(KEYS.entry(name), "meta", mark_text(mark))
        self.redis.zadd(KEYS.schedule, {KEYS.entry(name): score(following)})

    def due(self, name: str) -> datetime | None:
        found = self.redis.zscore(KEYS.schedule, KEYS.entry(name))
        return None if found is None or found < 0 else datetime.fromtimestamp(found, UTC)

    def mark(self, name: str) -> datetime | None:
        return read_mark(self.redis.hget(KEYS.entry(name), "meta"))

    def definition(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self.redis.hget(KEYS.entry(name), "definition")))

    def names(self) -> list[str]:
        return sorted(KEYS.name(key) for key in self.redis.zrange(KEYS.schedule, 0, -1))
