"""A project whose broker has a `global_keyprefix`: the command line finds its queues where its beat and workers do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.settings import child_environment
from scheduler.store.list_names import ListNames
from scheduler.store.server import RedisUrl
from tests.acceptance.processes import Running, running
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for

PROJECT = """
import os, time
from pathlib import Path
from celery import Celery
from scheduler.worker import install

app = Celery("theirs", broker=os.environ["BROKER"])
app.conf.update(
    broker_transport_options={"global_keyprefix": "x:"}, task_default_queue="work",
    beat_scheduler="scheduler.beat:Scheduler",
    worker_prefetch_multiplier=1, task_acks_late=True, task_ignore_result=True,
    scheduler_data="data", scheduler_file="schedules.yaml", scheduler_redis_url=os.environ["SERVER"],
)
if os.environ.get("LEDGER"):
    install(app)

@app.task(name="greet")
def greet():
    print("hello")

@app.task(name="hold")
def hold():
    while not Path("release").exists():
        time.sleep(0.05)

@app.task(name="fail_once")
def fail_once():
    if not Path("failed").exists():
        Path("failed").touch()
        raise ValueError("the first time")
"""
SCHEDULES = """
pools: {one: 1}
jobs:
  greet: {every: 1d, task: greet}
  slow: {every: 1d, task: greet, queue: slow}
  again: {every: 1d, task: fail_once, retries: {max: 1, backoff: 1s}}
  first: {every: 1d, task: hold, uses: one}
  second: {every: 1d, task: greet, uses: one}
"""

LISTS = ListNames(prefix="x:").lists_of("work")


@dataclass
class Place:
    folder: Path
    url: RedisUrl

    @property
    def redis(self) -> Any:
        return Redis.from_url(self.url.client, decode_responses=True)

    def celery(self, *arguments: str, **environment: str) -> AbstractContextManager[Running]:
        command = ("celery", "-A", "theirs", *arguments, "--loglevel=info")
        named = {"BROKER": self.url.broker, "SERVER": self.url.client, **environment}
        return running(*command, environment=named, log=self.folder / f"{arguments[0]}.log", folder=self.folder)

    def worker(self, *options: str, ledger: str = "1") -> AbstractContextManager[Running]:
        return self.celery("worker", "--pool=solo", *options, LEDGER=ledger)

    def scheduler(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "scheduler", *arguments],
            env=child_environment(SCHEDULER_REDIS_URL=self.url.client),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def asked(self, *arguments: str) -> Any:
        found = self.scheduler(*arguments, "--json")
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)

    def run(self, job: str) -> Any:
        return self.asked("runs", job)["runs"][0]


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture
def place(server: Path, tmp_path: Path) -> Iterator[Place]:
    flush(server)
    (tmp_path / "theirs.py").write_text(PROJECT)
    (tmp_path / "schedules.yaml").write_text(SCHEDULES)
    place = Place(tmp_path, RedisUrl.parse(client_url(server)))
    with place.celery("beat") as beat:
        beat.wait_for_text("file.loaded")
        yield place


def waiting(place: Place) -> list[str]:
    """Return the messages on the queue `work`, where its workers look for them."""
    return [text for one in LISTS for text in place.redis.lrange(one, 0, -1)]


def queues(place: Place) -> dict[str, tuple[int, int]]:
    """Return messages and workers by queue."""
    return {one["queue"]: (one["waiting"], len(one["workers"])) for one in place.asked("status")["queues"]}


def test_a_run_that_somebody_starts_is_on_the_queue_of_the_workers(place: Place) -> None:
    with place.worker() as worker:
        worker.wait_for_text("ready.", 40)

        found = place.scheduler("trigger", "greet", "--wait")

        assert (found.returncode, found.stdout) == (0, "hello\n"), found.stderr
        assert 'is on the queue "work"' in found.stderr
        assert "No live worker" not in found.stderr
        assert place.run("greet")["outcome"] == "succeeded"
        assert queues(place) == {"slow": (0, 0), "work": (0, 1)}
        assert place.redis.keys("work*") == []


def test_workers_without_a_ledger_get_it_too_and_are_found_by_asking_them(place: Place) -> None:
    with place.worker("--queues=slow", ledger="") as worker:
        worker.wait_for_text("ready.", 40)

        found = place.asked("trigger", "slow")

        assert found["queue"] == "slow"
        worker.wait_for_text("hello")
        assert place.run("slow")["state"] == "dispatched"
        assert queues(place) == {"slow": (0, 1), "work": (0, 0)}


def test_what_waits_is_seen_and_why_and_can_be_called_off(place: Place) -> None:
    place.redis.sadd("scheduler::ledgered", "work")
    place.scheduler("trigger", "greet")

    assert len(waiting(place)) == 1
    assert queues(place) == {"slow": (0, 0), "work": (1, 0)}
    (warning,) = [one for one in place.asked("status")["warnings"] if '"work"' in one]
    assert warning.startswith('no live worker consumes the queue "work": 1 message waiting, the oldest for ')
    assert (
        'has been on the queue "work"'
        in place.scheduler("why", "greet", "--at", place.run("greet")["occurrence"]).stdout
    )
    assert [(one["job"], one["state"]) for one in place.asked("runs")["runs"]] == [("greet", "queued")]
    assert place.scheduler("cancel", place.run("greet")["id"]).returncode == 0
    with place.worker() as worker:
        worker.wait_for_text("run.dropped")
    assert place.run("greet")["outcome"] == "cancelled"


def test_retries_and_runs_that_are_held_back_go_where_the_workers_are(place: Place) -> None:
    with place.worker("--concurrency=2") as worker:
        worker.wait_for_text("ready.", 40)

        assert place.scheduler("trigger", "again", "--wait").returncode == 0
        assert place.run("again")["attempt"] == 2

    with place.celery("worker", "--pool=threads", "--concurrency=2", LEDGER="1") as worker:
        worker.wait_for_text("ready.", 40)
        place.scheduler("trigger", "first")
        wait_for(lambda: place.run("first")["state"] == "running", 20, "the first to run")
        place.scheduler("trigger", "second")
        assert place.run("second")["state"] == "waiting"
        (place.folder / "release").touch()
        wait_for(lambda: place.run("second")["outcome"] == "succeeded", 20, "the second to follow")


def test_a_message_that_vanished_is_sent_again(place: Place) -> None:
    place.redis.sadd("scheduler::ledgered", "work")
    place.scheduler("trigger", "greet")
    run = place.run("greet")["id"]
    place.redis.delete(*LISTS)
    # As if it had been there for longer than a message may be on its way.
    (line,) = place.redis.keys("scheduler::waiting:*")
    place.redis.zincrby(line, -61_000, run)

    wait_for(lambda: waiting(place), 20, "the message")


def test_dispatched_runs_are_on_the_same_queue(place: Place) -> None:
    (place.folder / "schedules.yaml").write_text("jobs: {soon: {every: 1s, task: greet}}\n")
    wait_for(lambda: waiting(place), 20, "a message")

    assert queues(place)["work"][0] >= 1
    assert set(queues(place)) == {"work"}
