"""`celery -A scheduler worker|beat|call`, as in any Celery project, against a real server."""

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.settings import child_environment
from scheduler.store.server import RedisUrl
from tests.acceptance.processes import BIN, Running, running
from tests.servers import client_url, embedded_valkey, running_server, wait_for

REPORT = """
jobs:
  numbers:
    every: 1s
    report:
      database: sqlite://
      query: SELECT :who AS who, :day AS day
      params: {who: "${WHO}", day: "{{ occurrence.date }}"}
      deliver: [{file: "numbers.csv"}]
"""


@dataclass
class Place:
    """A folder with a file of jobs, and a server."""

    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SCHEDULER_REDIS_URL": self.url,
            "SCHEDULER_FILE": str(self.folder / "schedules.yaml"),
            "SCHEDULER_DATA": str(self.folder / "data"),
            "SCHEDULER_CONCURRENCY": "1",
        }

    @property
    def redis(self) -> Any:
        return Redis.from_url(self.url, decode_responses=True)

    def write(self, text: str) -> None:
        draft = self.folder / "draft"
        draft.write_text(text)
        draft.replace(self.folder / "schedules.yaml")

    def run(self, *command: str, **environment: str) -> Any:
        log = self.folder / f"{command[0]}-{command[-1]}.log"
        program = ("celery", "-A", "scheduler", *command) if command[0] in ("beat", "worker") else command
        return running(*program, environment=self.environment | environment, log=log, folder=self.folder)


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture
def place(server: Path, tmp_path: Path) -> Place:
    place = Place(tmp_path, client_url(server))
    place.redis.flushall()
    return place


def test_a_job_of_the_file_runs_through_redis_to_its_output(place: Place) -> None:
    place.write(REPORT)
    output = place.folder / "data" / "output" / "numbers.csv"
    with (
        place.run("beat", "--loglevel=info") as beat,
        place.run("worker", "--loglevel=info", WHO="hunter2-the-secret") as worker,
    ):
        wait_for(output.exists, 30, "the report")
        assert output.read_bytes().startswith(b"who,day\r\nhunter2-the-secret,")
        assert place.redis.hgetall("scheduler::beats")
        assert place.redis.hgetall("scheduler::workers")

        assert beat.stop() == 0
        assert place.redis.get("scheduler::lock") is None
        assert place.redis.hgetall("scheduler::beats") == {}
        worker.stop()
        assert place.redis.hgetall("scheduler::workers") == {}
        assert "hunter2" not in beat.text
    for key in place.redis.keys("*"):
        assert b"hunter2" not in Redis.from_url(place.url).dump(key)


def test_celery_call_runs_a_task_that_no_job_asked_for(place: Place) -> None:
    output = place.folder / "data" / "output"
    (output / "old").mkdir(parents=True)
    with place.run("worker", "--loglevel=info") as worker:
        worker.wait_for_text("ready.")
        kwargs = '{"cleanup": {"files": {"path": "old", "older_than": "1d"}}}'
        done = subprocess.run(
            [BIN / "celery", "-A", "scheduler", "call", "scheduler.cleanup", "--kwargs", kwargs],
            env=child_environment(**place.environment),
            cwd=place.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        worker.wait_for_text(f"Task scheduler.cleanup[{done.stdout.strip()}] succeeded")


@pytest.mark.parametrize("command", ["beat", "worker"])
def test_without_a_server_the_reason_is_said(tmp_path: Path, command: str) -> None:
    environment = {"SCHEDULER_REDIS_URL": "", "SCHEDULER_DATA": str(tmp_path / "none")}
    done = subprocess.run(
        [BIN / "celery", "-A", "scheduler", command],
        env=child_environment(**environment),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode != 0
    assert "SCHEDULER_REDIS_URL is not set, and no `scheduler up` runs" in done.stderr


def test_beat_and_worker_carry_on_when_redis_was_away(tmp_path: Path) -> None:
    place = Place(tmp_path, "")
    place.write("jobs:\n  often:\n    every: 1s\n    cleanup: {files: {path: tidy, older_than: 1d}}\n")
    (tmp_path / "data" / "output" / "tidy").mkdir(parents=True)
    with FixedServer(tmp_path / "server") as server:
        place.url = client_url(server.address)
        with place.run("beat", "--loglevel=info") as beat, place.run("worker", "--loglevel=info") as worker:
            worker.wait_for_text("cleanup.finished", 30)

            server.kill()
            beat.wait_for_text("redis.away")
            server.start()

            seen = worker.text.count("cleanup.finished")
            wait_for(lambda: worker.text.count("cleanup.finished") > seen, 60, "a run after the restart")
            assert beat.text.count("redis.away") == 1
            assert "Traceback" not in beat.text


class FixedServer:
    """A server that can be killed and started again on the same socket, with its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.address = folder / "s.sock"
        self._running: Running | None = None

    def start(self) -> None:
        self._context = running(
            embedded_valkey(),
            *("--port", "0", "--unixsocket", str(self.address), "--dir", str(self.folder)),
            *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
            environment={},
            log=self.folder / "server.log",
        )
        self._running = self._context.__enter__()
        wait_for(self._answers, 10, "the server")

    def kill(self) -> None:
        assert self._running is not None
        self._running.kill_group()

    def _answers(self) -> bool:
        from redis.exceptions import RedisError

        try:
            return bool(Redis.from_url(client_url(self.address)).ping())
        except RedisError:
            return False

    def __enter__(self) -> "FixedServer":
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()


def test_a_queue_that_a_worker_of_another_project_consumes_is_not_called_dead(place: Place) -> None:
    place.write("jobs:\n  theirs: {every: 1h, task: their.task, queue: gpu}\n  ours: {every: 1h, task: a.b}\n")
    program = f"from celery import Celery; app = Celery('theirs', broker={RedisUrl.parse(place.url).broker!r})\n"
    (place.folder / "theirs.py").write_text(program)
    command = ("celery", "-A", "theirs", "worker", "--pool=solo", "--queues=gpu", "--loglevel=info")
    with place.run("beat", "--loglevel=info") as beat, place.run(*command) as worker:
        beat.wait_for_text("file.installed")
        worker.wait_for_text("ready.")
        done = subprocess.run(
            [BIN / "scheduler", "status", "--json"],
            env=child_environment(**place.environment),
            capture_output=True,
            check=True,
        )

    queues = {queue["queue"]: queue["workers"] for queue in json.loads(done.stdout)["queues"]}
    assert queues["scheduler"] == []
    assert len(queues["gpu"]) == 1


def test_delay_sends_through_our_application(place: Place) -> None:
    program = """
import scheduler.tasks
from scheduler.celery import app
kwargs = {"cleanup": {"files": {"path": "old", "older_than": "1d"}}}
print(app.tasks["scheduler.cleanup"].delay(**kwargs).id)
"""
    done = subprocess.run(
        [BIN / "python", "-c", program],
        env=child_environment(**place.environment),
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=True,
    )

    (message,) = place.redis.lrange("scheduler", 0, -1)
    assert json.loads(message)["headers"]["id"] == done.stdout.strip()


SLEEPER = """
import time
from celery import shared_task

@shared_task(name="sleeper")
def sleeper(seconds):
    print("sleeper.began", flush=True)
    time.sleep(seconds)
    print("sleeper.ended", flush=True)
"""


@pytest.mark.parametrize(
    ("seconds", "ends", "at_most"),
    [
        pytest.param(2, True, 12, id="a run that ends within the grace ends, and the worker with it"),
        pytest.param(60, False, 14, id="a run that does not goes back to its queue"),
    ],
)
def test_a_worker_that_is_told_to_stop_gives_its_run_the_grace(
    place: Place, seconds: int, ends: bool, at_most: float
) -> None:
    (place.folder / "sleeper.py").write_text(SLEEPER)
    call = ["call", "sleeper", "--args", f"[{seconds}]", "--queue", "scheduler"]
    environment = place.environment | {"SCHEDULER_GRACE": "4s"}
    with place.run("worker", "--loglevel=info", "--include=sleeper", SCHEDULER_GRACE="4s") as worker:
        worker.wait_for_text("ready.")
        command = [BIN / "celery", "-A", "scheduler", *call]
        subprocess.run(command, env=child_environment(**environment), cwd=place.folder, check=True, capture_output=True)
        worker.wait_for_text("sleeper.began")
        began = time.monotonic()
        worker.stop()

    assert time.monotonic() - began < at_most
    assert ("sleeper.ended" in worker.text) is ends
    assert place.redis.llen("scheduler") == (0 if ends else 1)
    assert place.redis.hlen("unacked") == 0


@pytest.mark.parametrize("command", [("report",), ("call", "a.b"), ("beat",)])
def test_no_celery_command_shows_the_password(tmp_path: Path, command: tuple[str, ...]) -> None:
    environment = {"SCHEDULER_REDIS_URL": "redis://:hunter2-the-secret@127.0.0.1:1/0", "SCHEDULER_DATA": str(tmp_path)}
    done = subprocess.run(
        ["timeout", "-s", "TERM", "4", BIN / "celery", "-A", "scheduler", *command],
        env=child_environment(**environment),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout + done.stderr
    assert "hunter2" not in done.stdout + done.stderr
