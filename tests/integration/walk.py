"""A beat that is led through time by hand, and all that it put on the queue on the way."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.hand_clock import NAME, HandClock
from tests.integration.bench import PREFIX, QUEUES, Bench
from tests.servers import wait_for


class Dispatched(NamedTuple):
    """One message: its headers' names, the time of the pass that sent it, and of the pass before."""

    job: str
    nominal: datetime
    previous: datetime | None
    run_id: str
    at: datetime
    since: datetime


class Walk:
    """One beat, from the installation of its file on."""

    def __init__(self, url: str, folder: Path, text: str, start: datetime) -> None:
        self.bench = Bench(url, folder)
        self.bench.app.conf.scheduler_clock = NAME
        self.bench.write(text)
        self.dispatched: list[Dispatched] = []
        self._clock = HandClock(self.bench.redis)
        self._now = start
        self._clock.put(start)
        self._beat = self.bench.beat()

    def install(self, jobs: Iterable[str]) -> None:
        """Let passes go by until the file is installed; the time stands still."""

        def is_installed() -> bool:
            self._beat.tick()
            return set(self.bench.entries()) == set(jobs)

        wait_for(is_installed, 10.0, "the file to be installed")

    def to(self, now: datetime) -> None:
        """Move the clock, and let one pass go by."""
        since, self._now = self._now, now
        self._clock.put(now)
        self._beat.tick()
        for queue in QUEUES:
            self.dispatched += [_read(message, now, since) for message in self._drain(queue)]

    def rows(self) -> dict[str, tuple[str, datetime]]:
        """Return each run's row: its state, and when it was dispatched."""
        keys = list(self.bench.redis.scan_iter(f"{PREFIX}:run:*", count=10_000))
        pipe = self.bench.redis.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(key, "state", "dispatched")
        return {
            key.removeprefix(f"{PREFIX}:run:"): (state, datetime.fromtimestamp(int(ms) / 1000, UTC))
            for key, (state, ms) in zip(keys, pipe.execute(), strict=True)
        }

    def missed(self) -> list[str]:
        """Return the rows of occurrences that were given up, by the first of each."""
        return list(self.bench.redis.zrange(f"{PREFIX}:outcome:missed", 0, -1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._beat.close()
        self.bench.app.close()
        self.bench.redis.close()

    def _drain(self, queue: str) -> list[str]:
        found, _ = self.bench.redis.pipeline().lrange(queue, 0, -1).delete(queue).execute()
        return list(reversed(found))


def _read(text: str, at: datetime, since: datetime) -> Dispatched:
    headers: dict[str, Any] = json.loads(text)["headers"]
    before = headers["scheduler_previous"]
    return Dispatched(
        job=headers["scheduler_job"],
        nominal=datetime.fromisoformat(headers["scheduler_occurrence"]),
        previous=datetime.fromisoformat(before) if before else None,
        run_id=headers["scheduler_run_id"],
        at=at,
        since=since,
    )
