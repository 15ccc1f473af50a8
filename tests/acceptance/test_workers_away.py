"""All workers are away for a time: a real beat by a clock that is moved by hand, and real workers before and after."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.jobs.message import COMMANDS_QUEUE
from scheduler.store.clock import RedisClock
from tests.acceptance.processes import Running, running
from tests.hand_clock import NAME, HandClock
from tests.servers import client_url, embedded_valkey, running_server, wait_for

ROOT = Path(__file__).parents[2]
STEP = timedelta(minutes=5)
STEPS = 13
JOBS = """
jobs:
  sync: {cron: "*/5 * * * *", command: echo ran >> ran, overlap: skip}
"""


@dataclass(frozen=True)
class Place:
    """A server, a folder with the jobs, and the clock of the beat."""

    url: str
    folder: Path
    client: Any
    clock: HandClock

    @contextmanager
    def program(self, name: str) -> Iterator[Running]:
        environment = {
            "SCHEDULER_REDIS_URL": self.url,
            "SCHEDULER_DATA": str(self.folder / "data"),
            "SCHEDULER_CLOCK": NAME,
            "PYTHONPATH": str(ROOT),
        }
        log = self.folder / f"{name}-{len(list(self.folder.glob('*.log')))}.log"
        with running("scheduler", *name.split(), environment=environment, log=log, folder=self.folder) as program:
            yield program

    @contextmanager
    def worker(self) -> Iterator[Running]:
        with self.program("worker") as worker:
            worker.wait_for_text("ready.", 40)
            yield worker

    def json(self, *arguments: str) -> Any:
        with self.program(" ".join((*arguments, "--json"))) as program:
            assert program.process.wait(30) == 0, program.text
            return json.loads(program.text)

    def decide(self, occurrence: datetime, beat: Running) -> None:
        """Let it be due, and wait for what beat makes of it."""
        self.clock.put(occurrence)
        wait_for(lambda: self.row(occurrence), 20, f"a row of {occurrence}:\n{beat.text[-3000:]}")

    def row(self, occurrence: datetime) -> dict[str, str]:
        found: dict[str, str] = self.client.hgetall(f"scheduler::run:{name_of(occurrence)}")
        return found

    def ran(self) -> int:
        path = self.folder / "ran"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "schedules.yaml").write_text(JOBS)
    with running_server(embedded_valkey()) as address:
        client: Any = Redis.from_url(client_url(address), decode_responses=True)
        yield Place(client_url(address), tmp_path, client, HandClock(client))
        client.close()


def test_an_hour_without_workers_leaves_one_run_and_the_others_explained(place: Place) -> None:
    # Workers go by Redis's clock, which is at the end of the hour when they are back.
    now = RedisClock(place.client).now().replace(second=0, microsecond=0)
    start = now.replace(minute=now.minute // 5 * 5) - STEPS * STEP
    place.clock.put(start + STEP / 2)
    with place.worker() as worker, place.program("beat") as beat:
        wait_for(lambda: place.client.zscore("scheduler::schedule", "scheduler:sync"), 30, "the job to be installed")
        assert worker.stop() == 0

        due = [start + number * STEP for number in range(1, STEPS + 1)]
        for occurrence in due:
            place.decide(occurrence, beat)

        with place.worker():
            wait_for(lambda: place.row(due[0]).get("state") == "ended", 30, "the run to end")
            assert not place.client.llen(COMMANDS_QUEUE)

    rows = {row["id"]: row for row in place.json("runs", "sync")["runs"]}
    first, *others = (rows.pop(name_of(occurrence)) for occurrence in due)
    assert not rows
    assert (first["outcome"], first["attempt"], place.ran()) == ("succeeded", 1, 1)
    reason = f"overlap with {first['id']}"
    assert {(row["outcome"], row["reason"], row["attempt"]) for row in others} == {("skipped", reason, 0)}
    assert reason in json.dumps(place.json("why", "sync", "--at", due[6].isoformat()))


def test_a_run_whose_job_was_removed_meanwhile_ends_like_any_other(place: Place) -> None:
    now = RedisClock(place.client).now().replace(second=0, microsecond=0)
    due = now.replace(minute=now.minute // 5 * 5)
    place.clock.put(due - STEP / 2)
    with place.worker() as worker, place.program("beat") as beat:
        wait_for(lambda: place.client.zscore("scheduler::schedule", "scheduler:sync"), 30, "the job to be installed")
        assert worker.stop() == 0
        place.decide(due, beat)
        (place.folder / "schedules.yaml").write_text("jobs: {}\n")
        wait_for(lambda: not place.client.exists("scheduler:sync"), 30, "the job to be removed")

        with place.worker():
            wait_for(lambda: place.row(due).get("state") == "ended", 30, "the run to end")

    (row,) = place.json("runs", "sync")["runs"]
    assert (row["id"], row["outcome"], row["attempt"], place.ran()) == (name_of(due), "succeeded", 1, 1)
    assert not place.client.keys("scheduler::live:*")


def name_of(occurrence: datetime) -> str:
    return f"sync@{occurrence:%Y-%m-%dT%H:%M:%SZ}"
