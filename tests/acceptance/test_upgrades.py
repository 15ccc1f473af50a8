"""Beats and workers of this version and of the next, side by side: nothing is lost, and nothing comes twice."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

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
