"""A writer that stalls in the middle of the file, where what is written so far is a valid file."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.acceptance.processes import running
from tests.servers import client_url, embedded_valkey, running_server, wait_for

LIST = "scheduler\x06\x163"
ABOVE = "jobs:\n  above: {cron: 0 0 1 1 *, task: a.b}\n"
BELOW = "  yearly: {cron: 0 0 1 1 *, task: a.b}\n  each-second: {every: 1s, task: a.b, catch_up: all}\n"
KEPT = ("definition", "meta", "rev", "job", "since")


class Place:
    """A folder, a server, and what lies there."""

    def __init__(self, folder: Path, url: str) -> None:
        self.file = folder / "schedules.yaml"
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.environment = {
            "SCHEDULER_REDIS_URL": url,
            "SCHEDULER_FILE": str(self.file),
            "SCHEDULER_DATA": str(folder / "data"),
        }

    @property
    def jobs(self) -> set[str]:
        return {key.removeprefix("scheduler:") for key in self.redis.zrange("scheduler::schedule", 0, -1)}

    @property
    def yearly(self) -> tuple[Any, ...]:
        score = self.redis.zscore("scheduler::schedule", "scheduler:yearly")
        return (score, *self.redis.hmget("scheduler:yearly", *KEPT))

    @property
    def seconds(self) -> list[datetime]:
        """Return the occurrences of the job of each second, in the order in which they came."""
        texts = self.redis.lrange(LIST, 0, -1)
        return [datetime.fromisoformat(json.loads(text)["headers"]["scheduler_occurrence"]) for text in reversed(texts)]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_server(embedded_valkey()) as address:
        yield Place(tmp_path, client_url(address))


def test_jobs_below_the_place_where_a_writer_stalled_go_on_from_their_marks(place: Place, tmp_path: Path) -> None:
    place.file.write_text(ABOVE + BELOW)
    with running("scheduler", "beat", environment=place.environment, log=tmp_path / "beat.log") as beat:
        wait_for(lambda: len(place.seconds) >= 2, 30, "the first runs")
        before = place.yearly

        with place.file.open("w") as file:
            file.write(ABOVE)
            file.flush()
            wait_for(lambda: place.jobs == {"above"}, 20, "the jobs below to be removed")
            stopped = place.seconds[-1]
            # Seconds in which the job would have run.
            wait_for(lambda: place.redis.time()[0] > stopped.timestamp() + 3, 20, "time to go by")
            assert place.seconds[-1] == stopped
            file.write(BELOW)

        wait_for(lambda: place.jobs == {"above", "yearly", "each-second"}, 20, "them to come back")
        wait_for(lambda: place.seconds[-1] > stopped + timedelta(seconds=5), 20, "runs after that")
        assert beat.process.poll() is None, beat.text
    came = place.seconds
    assert came == [came[0] + number * timedelta(seconds=1) for number in range(len(came))]
    assert place.yearly == before
