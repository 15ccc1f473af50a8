"""Beats and workers of this version and of the next, side by side: nothing is lost, and nothing comes twice."""

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.jobs import message
from scheduler.settings import child_environment
from tests.acceptance.processes import BIN, Running, running
from tests.acceptance.test_celery_commands import Place
from tests.servers import client_url, embedded_valkey, running_server, wait_for

ROOT = Path(__file__).parents[2]
NOW, NEXT = "scheduler.beat", "tests.next_version"
# Whatever passes while nobody may dispatch it is made up for.
JOBS = "defaults: {catch_up: all}\njobs:\n" + "".join(
    f"  job-{number}: {{every: 1s, task: a.b, queue: out}}\n" for number in range(20)
)
OTHER_JOBS = JOBS.replace("task: a.b", "task: a.c")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture
def place(server: Path, tmp_path: Path) -> Place:
    Redis.from_url(client_url(server)).flushall()
    return Place(tmp_path, client_url(server))


class Beats:
    """Beats of either version, each with a folder and a file of its own; and what they put on the queue."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.redis = place.redis
        self.taken: list[str] = []

    def start(self, version: str, name: str, jobs: str = JOBS) -> AbstractContextManager[Running]:
        folder = self.place.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "schedules.yaml").write_text(jobs)
        own = {"SCHEDULER_FILE": str(folder / "schedules.yaml"), "SCHEDULER_DATA": str(folder / "data")}
        environment = self.place.environment | own | {"PYTHONPATH": str(ROOT)}
        command = ("celery", "-A", "scheduler", "beat", "-S", f"{version}:Scheduler", "--loglevel=info")
        return running(*command, environment=environment, log=folder / "beat.log", folder=folder)

    def worker(self, version: str, name: str) -> AbstractContextManager[Running]:
        folder = self.place.folder / name
        folder.mkdir(exist_ok=True)
        environment = self.place.environment | {"SCHEDULER_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT)}
        app = version.removesuffix(".beat")
        command = ("celery", "-A", app, "worker", "--loglevel=info", "-n", f"{name}@here")
        return running(*command, environment=environment, log=folder / "worker.log", folder=folder)

    def take(self) -> int:
        """Take what is on the queue, and return how many runs were taken so far."""
        for queue in ("out\x06\x163", "out"):
            for text in self.redis.lpop(queue, 100_000) or ():
                self.taken.append(_run_of(text))
        return len(self.taken)

    def wait_for_runs(self, more: int = 60) -> None:
        seen = self.take()
        wait_for(lambda: self.take() >= seen + more, 30, f"{more} more runs")

    def forms(self) -> set[int]:
        """Return the versions of the stored entries."""
        return {json.loads(self.job(name)["job"])["v"] for name in self.redis.hkeys("scheduler::jobs")}

    def status(self) -> dict[str, Any]:
        """Return what this version's `scheduler status` says."""
        said = subprocess.run(
            [BIN / "scheduler", "status", "--json"],
            env=child_environment(**self.place.environment),
            capture_output=True,
            check=True,
            timeout=60,
        )
        found: dict[str, Any] = json.loads(said.stdout)
        return found

    def job(self, name: str) -> dict[str, str]:
        found: dict[str, str] = self.redis.hgetall(f"scheduler:{name}")
        return found

    def runs(self) -> list[str]:
        """Return the runs of which there are rows."""
        return [key.removeprefix("scheduler::run:") for key in self.redis.scan_iter("scheduler::run:*", count=1_000)]

    def commands(self, *names: str) -> int:
        """Return how often the server was given these commands."""
        stats = self.redis.info("commandstats")
        return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in names)

    def check(self) -> None:
        """Fail unless each occurrence between the first and the last came once."""
        self.take()
        assert {run: times for run, times in Counter(self.taken).items() if times > 1} == {}
        for job in {run.partition("@")[0] for run in self.taken}:
            instants = sorted(_seconds(run) for run in self.taken if run.startswith(f"{job}@"))
            assert instants == list(range(instants[0], instants[-1] + 1)), job


def _run_of(text: str) -> str:
    return str(json.loads(text)["headers"]["scheduler_run_id"])


def _seconds(run: str) -> int:
    return int(datetime.fromisoformat(run.partition("@")[2]).timestamp())


@pytest.fixture
def beats(place: Place) -> Beats:
    return Beats(place)


def test_a_later_beat_takes_over_and_what_it_wrote_is_left_to_it(beats: Beats) -> None:
    with beats.start(NOW, "now") as now:
        beats.wait_for_runs()
        assert beats.forms() == {1}

        with beats.start(NEXT, "next", OTHER_JOBS) as later:
            later.wait_for_text("beat.leading")
            now.wait_for_text("beat.gives_way")
            wait_for(lambda: beats.forms() == {2}, 20, "entries of the next form")
            beats.wait_for_runs()
            assert later.stop() == 0

        wait_for(lambda: now.text.count("beat.leading") == 2, 5, f"the first to lead:\n{now.text}")
        now.wait_for_text("entries.newer")
        left = beats.job("job-0")
        taken = beats.take()
        now.wait_for_text("file.newer")
        status = beats.status()
        assert {f"job-{number}" for number in range(20)} == set(status["newer"])
        assert status["broken"] == []
        assert any("of a later version, left for a beat of that version" in one for one in status["warnings"])
        assert (beats.job("job-0"), beats.take()) == (left, taken)

        with beats.start(NEXT, "next", OTHER_JOBS) as later:
            later.wait_for_text("beat.leading")
            beats.wait_for_runs(200)
            later.stop()
        assert "entry.broken" not in now.text
        assert now.stop() == 0
    beats.check()


def test_an_earlier_beat_that_comes_later_stands_by_and_undoes_nothing(beats: Beats) -> None:
    with beats.start(NEXT, "next") as later:
        beats.wait_for_runs()
        assert beats.forms() == {2}

        with beats.start(NOW, "now", OTHER_JOBS) as now:
            now.wait_for_text("beat.standby")
            beats.wait_for_runs()
            assert "beat.leading" not in now.text
            # Killed, it says no more, and is waited for as long as its lease would stand.
            later.kill_group()
            now.wait_for_text("beat.leading", 6)
            now.wait_for_text("file.newer")
            assert beats.forms() == {2}

            with beats.start(NEXT, "next") as again:
                again.wait_for_text("beat.leading")
                beats.wait_for_runs(200)
                assert "a.c" not in beats.job("job-0")["definition"]
                again.stop()
            now.stop()
    beats.check()


def test_what_an_earlier_beat_wrote_is_dispatched_by_both(beats: Beats) -> None:
    with beats.start(NOW, "now") as now:
        beats.wait_for_runs()
        with beats.start(NEXT, "next") as later:
            later.wait_for_text("beat.leading")
            beats.wait_for_runs()
            # The same file brings nothing new: what is stored stays for both to read.
            assert beats.forms() == {1}
            later.kill_group()
        wait_for(lambda: now.text.count("beat.leading") == 2, 6, f"the first to lead:\n{now.text}")
        beats.wait_for_runs(200)
        assert now.stop() == 0
    beats.check()


TASKS = """
defaults: {catch_up: all, overlap: allow}
jobs:
  known: {every: 1s, cleanup: {files: {path: old, older_than: 1d}}}
  new: {every: 1s, task: tests.next}
"""


def ran(*workers: Running) -> list[str]:
    """Return the ids of the tasks that succeeded."""
    return [run for worker in workers for run in re.findall(r"Task \S+\[(\S+)\] succeeded", worker.text)]


@pytest.mark.parametrize("order", ["side by side", "one after the other"])
def test_messages_of_a_later_version_wait_for_a_worker_of_that_version(beats: Beats, order: str) -> None:
    for name in ("old", "new"):
        (beats.place.folder / name / "data" / "output" / "old").mkdir(parents=True)
    with beats.worker(NOW, "old") as old:
        old.wait_for_text("ready.")
        with beats.start(NEXT, "next", TASKS) as beat:
            old.wait_for_text("message.newer version=2 known=1")
            wait_for(lambda: len(beats.runs()) >= 10, 20, "ten runs on the queue")
            beat.stop()
        dispatched = beats.runs()
        assert ran(old) == []
        # Each is put back after a while, not as fast as they come.
        before = beats.commands("rpoplpush", "brpop", "lpush")
        time.sleep(2.0)
        assert beats.commands("rpoplpush", "brpop", "lpush") - before < 60
        if order == "one after the other":
            # What it holds at that moment goes back as well.
            old.stop()

        with beats.worker(NEXT, "new") as new:
            wait_for(lambda: len(ran(new)) >= len(dispatched), 60, f"{len(dispatched)} runs:\n{new.text}")
            new.stop()
        assert sorted(ran(old, new)) == sorted(map(message.task_id, dispatched))
        assert old.text.count("message.newer") == 1
        assert "Received unregistered task" not in old.text


def test_messages_of_an_earlier_version_run_on_a_later_worker(beats: Beats) -> None:
    (beats.place.folder / "new" / "data" / "output" / "old").mkdir(parents=True)
    with beats.worker(NEXT, "new") as new, beats.start(NOW, "now", TASKS) as beat:
        wait_for(lambda: len(ran(new)) >= 6, 30, f"six runs:\n{new.text}")
        beat.stop()
        dispatched = beats.runs()
        wait_for(lambda: len(ran(new)) >= len(dispatched), 30, "the rest")
        new.stop()
        assert sorted(ran(new)) == sorted(map(message.task_id, dispatched))
        assert "message.newer" not in new.text


def test_a_run_whose_row_a_later_version_wrote_waits_for_such_a_worker(beats: Beats) -> None:
    for name in ("old", "new"):
        (beats.place.folder / name / "data" / "output" / "old").mkdir(parents=True)
    with beats.start(NOW, "now", TASKS.replace("  new:", "  # new:")) as beat:
        wait_for(lambda: len(beats.runs()) >= 3, 30, "three runs")
        beat.stop()
    dispatched = beats.runs()
    for run in dispatched:
        beats.redis.hset(f"scheduler::run:{run}", "v", 2)

    with beats.worker(NOW, "old") as old:
        wait_for(lambda: old.text.count("run.newer") > len(dispatched), 30, f"a second round:\n{old.text}")
        with beats.worker(NEXT, "new") as new:
            wait_for(lambda: len(ran(new)) >= len(dispatched), 60, f"{len(dispatched)} runs:\n{new.text}\n{old.text}")
            assert new.stop() == 0
        assert (ran(old), sorted(ran(new))) == ([], sorted(map(message.task_id, dispatched)))
