"""A job whose queue is a Broadcast: every worker runs it, and its row says what is known."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scheduler.store.server import RedisUrl
from tests.acceptance.test_key_prefix import Place
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for

PROJECT = """
import os
from celery import Celery
from kombu import Queue
from kombu.common import Broadcast
from scheduler.worker import current_run, install

app = Celery("theirs", broker=os.environ["BROKER"])
app.conf.update(
    broker_transport_options={"global_keyprefix": os.environ["PREFIX"]}, beat_scheduler="scheduler.beat:Scheduler",
    task_queues=[Queue("celery"), Broadcast("all")], task_acks_late=True, worker_prefetch_multiplier=1,
    scheduler_data="data", scheduler_file="schedules.yaml", scheduler_redis_url=os.environ["SERVER"],
)
if os.environ["LEDGER"]:
    install(app)

@app.task(name="greet")
def greet(who):
    with open("greeted", "a") as file:
        file.write(f"{current_run.id} {os.environ['WORKER']} {who}\\n")
"""
SCHEDULES = """
jobs:
  everywhere: {every: 1s, task: greet, queue: all, kwargs: {who: "${WHO}"}, retries: 2, overlap: skip}
  once: {every: 1d, task: greet, kwargs: {who: me}}
"""
WORKERS = ("one", "two")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


def greeted(place: Place) -> Counter[tuple[str, ...]]:
    """Return how often each worker greeted somebody for each run."""
    try:
        lines = (place.folder / "greeted").read_text().splitlines()
    except FileNotFoundError:
        return Counter()
    return Counter(tuple(line.split(" ")) for line in lines)


@pytest.mark.parametrize("pool", ["solo", "prefork", "threads"])
@pytest.mark.parametrize(("ledger", "prefix"), [("1", ""), ("1", "x:"), ("", "")])
def test_every_worker_runs_it(server: Path, tmp_path: Path, ledger: str, prefix: str, pool: str) -> None:
    flush(server)
    (tmp_path / "theirs.py").write_text(PROJECT)
    (tmp_path / "schedules.yaml").write_text(SCHEDULES)
    place = Place(tmp_path, RedisUrl.parse(client_url(server)))
    settings = {"PREFIX": prefix, "LEDGER": ledger}
    with ExitStack() as stack:
        for name in WORKERS:
            options = (f"--pool={pool}", "--concurrency=1", f"--hostname={name}@here")
            worker = stack.enter_context(place.celery("worker", *options, WORKER=name, WHO="everybody", **settings))
            worker.wait_for_text(f"{name}@here ready.", 40)
        with place.celery("beat", **settings) as beat:
            wait_for(lambda: len(greeted(place)) >= 6, 30, "three runs on both")
            known = {one["queue"]: len(one["workers"]) for one in place.asked("status")["queues"]}
            assert known == {"all": 2, "celery": 2}
            beat.stop()
        sent = {one["id"] for one in place.asked("runs", "everywhere")["runs"]}
        who = "everybody" if ledger else "${WHO}"
        expected = Counter((run, name, who) for run in sent for name in WORKERS)
        wait_for(lambda: greeted(place) == expected, 20, "each run once on each worker")

        for one in place.asked("runs", "everywhere")["runs"]:
            assert (one["state"], one["outcome"], one["attempt"]) == ("dispatched", None, 0)
        assert place.redis.smembers("scheduler::ledgered") == ({"celery"} if ledger else set())
        why = place.scheduler("why", "everywhere", "--at", place.run("everywhere")["occurrence"]).stdout
        assert "It went to every worker that listened" in why
        assert place.redis.keys("scheduler::live:*") == []


def test_only_the_application_can_send_there(server: Path, tmp_path: Path) -> None:
    flush(server)
    (tmp_path / "theirs.py").write_text(PROJECT)
    (tmp_path / "schedules.yaml").write_text(SCHEDULES.replace("1s", "1d"))
    place = Place(tmp_path, RedisUrl.parse(client_url(server)))
    with place.celery("beat", PREFIX="", LEDGER="") as beat:
        beat.wait_for_text("file.loaded")
        wait_for(lambda: place.redis.exists("scheduler:everywhere"), 20, "the job")

        found = place.scheduler("trigger", "everywhere")

        assert found.returncode == 1
        assert found.stderr == (
            'Error: "everywhere" goes to every worker that listens to "all", and only the application\'s own processes '
            "can send there\n"
        )
        assert place.redis.keys("all*") == []
        assert place.scheduler("trigger", "once").returncode == 0
