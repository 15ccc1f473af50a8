"""`status`, `trigger`, `beat`, `worker` and `health` against a real server."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.settings import child_environment
from tests.acceptance.processes import BIN, Running, running
from tests.servers import client_url, embedded_valkey, running_server, wait_for

JOBS = """\
jobs:
  numbers:
    cron: "0 0 1 1 *"
    report:
      database: sqlite://
      query: SELECT 42 AS answer
      deliver: [{file: "{{ job }}.csv"}]
  train:
    cron: "0 0 1 1 *"
    enabled: false
    queue: gpu
    task: ml.train
  index:
    cron: "0 0 1 1 *"
    queue: search
    task: search.index
"""


class Place:
    """A folder with a file of jobs, and a server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = {
            "SCHEDULER_REDIS_URL": url,
            "SCHEDULER_FILE": str(folder / "schedules.yaml"),
            "SCHEDULER_DATA": str(folder / "data"),
            "SCHEDULER_CONCURRENCY": "1",
        }

    def start(self, *arguments: str) -> Any:
        log = self.folder / f"{arguments[0]}.log"
        return running("scheduler", *arguments, environment=self.environment, log=log, folder=self.folder)

    def call(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [BIN / "scheduler", *arguments],
            env=child_environment(**self.environment | environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.call("status", "--json").stdout))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A beat, a worker and their server, with the jobs installed."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "schedules.yaml").write_text(JOBS)
    with running_server(embedded_valkey()) as address:
        place = Place(folder, client_url(address))
        with place.start("beat") as beat, place.start("worker", "--concurrency", "1") as worker:
            beat.wait_for_text("file.installed added=3")
            wait_for(lambda: worker.text.count("ready.") == 2, 20, "both workers")
            yield place


def test_status_shows_who_is_alive_and_what_comes_next(place: Place) -> None:
    wait_for(lambda: len(place.status()["workers"]) == 2, 20, "the workers to be heard of")
    found = place.status()

    assert list(found) == [
        "server",
        "now",
        "clock_skew_seconds",
        "jobs",
        "entries",
        "due",
        "next",
        "beats",
        "workers",
        "queues",
        "warnings",
        "leader",
        "overdue_seconds",
        "lag",
        "broken",
        "newer",
        "file",
        "lock",
        "spoilt",
    ]
    assert (found["server"]["name"], found["jobs"], found["due"]) == ("Valkey", 3, 0)
    assert [beat["state"] for beat in found["beats"]] == ["leader"]
    assert [worker["queues"] for worker in found["workers"]] == [["scheduler"], ["scheduler-commands"]]
    assert [(item["job"], item["dispatch"][4:]) for item in found["next"]] == [
        ("index", "-01-01T00:00:00Z"),
        ("numbers", "-01-01T00:00:00Z"),
    ]
    # No enabled job goes to "gpu".
    assert [(queue["queue"], len(queue["workers"])) for queue in found["queues"]] == [("scheduler", 1), ("search", 0)]
    assert found["leader"] == found["beats"][0]["name"]
    assert found["lag"] is None
    assert found["warnings"] == [
        'no live worker consumes the queue "search"',
        "the server keeps no append-only file: a crash loses schedules and queued runs, expected appendonly yes",
    ]


def test_status_is_readable_in_a_pipe(place: Place) -> None:
    lines = place.call("status").stdout.splitlines()

    assert lines[0].startswith("Valkey ")
    assert lines[0].endswith(": 3 jobs, 0 due")
    assert lines[1] == "Lag: nothing was dispatched lately"
    assert 'Warning: no live worker consumes the queue "search"' in lines
    assert any(line.split()[:2] == ["beat", "leader"] for line in lines)


def test_a_triggered_job_runs_now(place: Place) -> None:
    sent = json.loads(place.call("trigger", "numbers", "--json").stdout)

    assert sent["job"] == "numbers"
    assert sent["run"] == f"numbers+{sent['occurrence']}"
    assert sent["queue"] == "scheduler"
    assert len(sent["workers"]) == 1
    output = place.folder / "data" / "output" / "numbers.csv"
    wait_for(output.exists, 20, "the report")
    assert output.read_bytes() == b"answer\r\n42\r\n"


def test_a_trigger_without_a_worker_says_that_the_run_waits(place: Place) -> None:
    result = place.call("trigger", "train")

    assert result.stdout.startswith("train: run train+")
    assert result.stderr == 'No live worker consumes the queue "gpu": the run waits there.\n'
    assert result.returncode == 0
    (gpu,) = (queue for queue in place.status()["queues"] if queue["queue"] == "gpu")
    assert (gpu["waiting"], gpu["has_jobs"]) == (1, False)
    # A row holds whole milliseconds.
    assert gpu["oldest"].rstrip("Z")[:23] in result.stdout


def test_a_job_that_is_not_installed_cannot_be_triggered(place: Place) -> None:
    result = place.call("trigger", "nubmers")

    assert result.stderr.startswith('Error: "nubmers" is not installed')
    assert result.returncode == 1


def test_the_processes_are_well(place: Place) -> None:
    result = place.call("health")

    assert result.returncode == 0, result.stderr
    assert {line.split()[0] for line in result.stdout.splitlines()[1:]} == {"beat", "commands", "worker", "workers"}


@pytest.mark.parametrize("command", [("status",), ("trigger", "numbers")])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("redis://:hunter2@127.0.0.1:1/0", "redis://***@127.0.0.1:1/0 does not answer", id="nobody"),
        pytest.param("unix:///nowhere/s.sock", "unix:///nowhere/s.sock?db=0 does not answer", id="no-socket"),
        pytest.param("http://127.0.0.1/0", 'has the scheme "http"', id="scheme"),
        pytest.param("redis+cluster://127.0.0.1/0", "a Redis Cluster cannot be used", id="cluster"),
        pytest.param("", "SCHEDULER_REDIS_URL is not set", id="none"),
    ],
)
def test_a_server_that_is_not_there_is_an_error(tmp_path: Path, command: tuple[str, ...], url: str, said: str) -> None:
    result = Place(tmp_path, url).call(*command)

    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert "hunter2" not in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert result.returncode == 1


@pytest.mark.parametrize("command", ["beat", "worker"])
def test_beat_and_worker_stop_with_success(tmp_path: Path, command: str) -> None:
    (tmp_path / "schedules.yaml").write_text(JOBS)
    with running_server(embedded_valkey()) as address:
        process: Running
        with Place(tmp_path, client_url(address)).start(command) as process:
            process.wait_for_text("file.installed" if command == "beat" else "ready.")

            assert process.stop() == 0
