"""`scheduler worker`: commands in threads beside tasks in processes, in one command or apart."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from scheduler.jobs.message import CLEANUP, COMMAND, COMMANDS_QUEUE, DEFAULT_QUEUE, HTTP, REPORT
from tests.acceptance.processes import Running, running
from tests.integration.keeping import alive_with
from tests.integration.web import Web, answer
from tests.servers import client_url, embedded_valkey, running_server, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")

CLEANS = {"cleanup": {"files": {"path": ".", "older_than": "1d"}}}
# Sixteen million steps: seconds of one processor.
COMPUTES = (
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 16000000) SELECT max(n) AS n FROM c"
)


class Place:
    """A server, its workers, and messages for them."""

    def __init__(self, folder: Path, address: Path) -> None:
        self.folder = folder
        self.app = Celery(broker=f"redis+socket://{address}?virtual_host=0", set_as_current=False)
        self._address = address

    def worker(self, *command: str, **environment: str) -> Any:
        """Start workers; a context manager."""
        ours: Mapping[str, str] = {"SCHEDULER_REDIS_URL": client_url(self._address), **environment}
        return running(*command, environment=ours, log=self.folder / "log", folder=self.folder)

    def send(self, task: str, queue: str, **kwargs: Any) -> str:
        return str(self.app.send_task(task, kwargs=kwargs, queue=queue).id)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_server(embedded_valkey()) as address:
        place = Place(tmp_path, address)
        yield place
        place.app.close()


def wait_for_both(worker: Running) -> None:
    wait_for(lambda: worker.text.count(" ready.") == 2, 30, "both workers to be ready")


def test_two_hundred_commands_sleep_while_a_report_computes(place: Place) -> None:
    started = place.folder / "started"
    report = {"database": "sqlite://", "query": COMPUTES, "deliver": [{"file": str(place.folder / "n.csv")}]}
    with place.worker("scheduler", "worker", "--concurrency", "1") as worker:
        wait_for_both(worker)
        place.send(REPORT, DEFAULT_QUEUE, report=report)
        worker.wait_for_text(f"Task {REPORT}")
        for _ in range(200):
            place.send(COMMAND, COMMANDS_QUEUE, command={"run": f"echo >> {started}; exec sleep 1000", "env": MARK})

        wait_for(lambda: started.exists() and len(started.read_bytes()) == 200, 30, "200 commands to run at once")
        wait_for((place.folder / "n.csv").exists, 60, "the report, which they must not keep from its processor")
        assert len(sleeping()) == 200

        assert worker.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_for(lambda: sleeping() == [], 15, "no command to be left behind")


def test_commands_that_no_job_called_end_with_the_worker_too(place: Place) -> None:
    with place.worker("scheduler", "worker", "--only", "commands", SCHEDULER_GRACE="1s") as worker:
        worker.wait_for_text(" ready.")
        for _ in range(3):
            place.send(COMMAND, COMMANDS_QUEUE, command={"run": "exec sleep 1000", "env": MARK})
        wait_for(lambda: len(sleeping()) == 3, 20, "the commands to run")

        assert worker.stop() == 0

    assert sleeping() == []


def test_commands_get_the_grace_and_no_more(place: Place) -> None:
    short, long = place.folder / "short", place.folder / "long"
    with place.worker("scheduler", "worker", "--concurrency", "1", SCHEDULER_GRACE="2s") as worker:
        wait_for_both(worker)
        place.send(COMMAND, COMMANDS_QUEUE, command={"run": f"sleep 1; echo > {short}", "env": MARK})
        place.send(COMMAND, COMMANDS_QUEUE, command={"run": f"sleep 1000; echo > {long}", "env": MARK})
        wait_for(lambda: len(sleeping()) >= 2, 20, "both commands to run")
        began = time.monotonic()

        assert worker.stop(signal.SIGTERM) == 0

        assert time.monotonic() - began < 12
    assert short.exists()
    assert not long.exists()
    assert sleeping() == []


@pytest.mark.parametrize(
    ("only", "queue", "task", "kwargs"),
    [
        ("tasks", DEFAULT_QUEUE, COMMAND, {"command": {"run": "echo > ran"}}),
        ("commands", COMMANDS_QUEUE, CLEANUP, CLEANS),
    ],
)
def test_a_worker_for_one_kind_refuses_the_other(place: Place, only: str, queue: str, task: str, kwargs: Any) -> None:
    with place.worker("scheduler", "worker", "--only", only) as worker:
        worker.wait_for_text(" ready.")
        place.send(task, queue, **kwargs)
        worker.wait_for_text(f"(SCHEDULER_ONLY={only})")
        assert worker.stop() == 0

    assert f"{task}: this worker executes " in worker.text
    assert not (place.folder / "ran").exists()


@pytest.mark.parametrize("only", ["tasks", "commands"])
def test_a_worker_for_one_kind_leaves_the_other_to_others(place: Place, only: str) -> None:
    with place.worker("celery", "-A", "scheduler", "worker", "--loglevel=info", SCHEDULER_ONLY=only) as worker:
        worker.wait_for_text(" ready.")
        place.send(COMMAND, COMMANDS_QUEUE, command={"run": "true"})
        place.send(CLEANUP, DEFAULT_QUEUE, **CLEANS)
        worker.wait_for_text(" succeeded in ")
        assert worker.stop() == 0

    left = place.app.pool.acquire(block=True).default_channel
    sizes = {queue: left.client.llen(queue) for queue in (COMMANDS_QUEUE, DEFAULT_QUEUE)}
    assert sizes == {COMMANDS_QUEUE: int(only == "tasks"), DEFAULT_QUEUE: int(only == "commands")}


def test_celerys_own_command_executes_both(place: Place) -> None:
    with Web({"/": lambda _connection, _request: answer()}) as web:
        command = ("celery", "-A", "scheduler", "worker", "--loglevel=info")
        with place.worker(*command, SCHEDULER_CONCURRENCY="1") as worker:
            worker.wait_for_text(" ready.")
            place.send(COMMAND, COMMANDS_QUEUE, command={"run": "true"})
            place.send(HTTP, COMMANDS_QUEUE, http={"url": web.url()})
            place.send(CLEANUP, DEFAULT_QUEUE, **CLEANS)
            wait_for(lambda: worker.text.count(" succeeded in ") == 3, 30, "all three")
            assert worker.stop() == 0


def test_a_contradiction_is_a_wrong_command_line(place: Place) -> None:
    with place.worker("scheduler", "worker", "--only", "tasks", SCHEDULER_ONLY="commands") as worker:
        assert worker.process.wait(20) == 2

    assert "--only tasks contradicts SCHEDULER_ONLY=commands" in worker.text


# Commands are looked for among all processes of the host: those of another test run are not these.
MARK = {"TWO_WORKERS_TEST": str(os.getpid())}


def sleeping() -> list[int]:
    return alive_with(f"TWO_WORKERS_TEST={os.getpid()}")
