"""`scheduler apply`, with a running beat and without one."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.settings import child_environment
from tests.acceptance.processes import BIN, running
from tests.servers import client_url, embedded_valkey, running_server, wait_for

FIRST = "jobs:\n  one: {every: 1h, task: a.b}\n  two: {every: 1h, task: a.b}\n  old: {every: 1h, task: a.b}\n"
SECOND = (
    "jobs:\n  one: {every: 2h, task: a.b}\n  two: {every: 1h, task: a.b}\n  new: {every: 1h, task: a.b, was: old}\n"
    "  three: {every: 1h, task: a.b}\n"
)


class Place:
    """A folder, a server, and what is installed there."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.environment = {
            "SCHEDULER_REDIS_URL": url,
            "SCHEDULER_FILE": str(folder / "schedules.yaml"),
            "SCHEDULER_DATA": str(folder / "data"),
        }

    def write(self, text: str, name: str = "schedules.yaml") -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def call(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [BIN / "scheduler", "apply", *arguments]
        environment = child_environment(**self.environment)
        return subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=90
        )

    @property
    def jobs(self) -> set[str]:
        return {key.removeprefix("scheduler:") for key in self.redis.zrange("scheduler::schedule", 0, -1)}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_server(embedded_valkey()) as address:
        yield Place(tmp_path, client_url(address))


def test_without_a_beat_the_command_installs_the_file_itself(place: Place) -> None:
    place.write(FIRST)
    done = place.call()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:3] == ["+ one", "+ two", "+ old"]
    assert done.stdout.endswith("schedules.yaml: 3 added\n")
    assert place.jobs == {"one", "two", "old"}
    assert not place.redis.exists("scheduler::lock")

    place.write(SECOND)
    done = place.call("--json")

    said = json.loads(done.stdout)
    assert said["applied"]
    assert (said["added"], said["changed"], said["renamed"], said["removed"]) == (
        ["three"],
        ["one"],
        {"new": "old"},
        [],
    )
    assert place.jobs == {"one", "two", "new", "three"}


def test_a_dry_run_changes_nothing(place: Place) -> None:
    place.write(FIRST)
    place.call()

    done = place.call("--dry-run", place.write(SECOND, "second.yaml"))

    assert done.stdout.splitlines()[:3] == ["+ three", "~ one", "> new (was old)"]
    assert done.stdout.endswith("second.yaml: 1 added, 1 changed, 1 renamed; not applied\n")
    assert place.jobs == {"one", "two", "old"}


def test_a_file_with_problems_is_refused_and_changes_nothing(place: Place) -> None:
    place.write("jobs:\n  one: {evry: 1h, task: a.b}\n")

    done = place.call()

    assert done.returncode == 1
    assert "one.evry: the key" in done.stderr
    assert place.redis.keys("*") == []


def test_a_running_beat_carries_it_out_and_its_own_file_does_not_undo_it(place: Place) -> None:
    place.write(FIRST)
    with running("scheduler", "beat", environment=place.environment, log=place.folder / "beat.log") as beat:
        beat.wait_for_text("file.installed added=3")

        done = place.call(place.write(SECOND, "second.yaml"))

        assert (done.returncode, done.stderr) == (0, "")
        assert place.jobs == {"one", "two", "new", "three"}
        beat.wait_for_text("file.installed added=2")
        assert beat.stop() == 0

    with running("scheduler", "beat", environment=place.environment, log=place.folder / "next.log") as beat:
        beat.wait_for_text("beat.leading")
        beat.wait_for_text("file.loaded")
        wait_for(lambda: place.redis.hexists("scheduler::versions", "tzdata"), 20, "a few passes")
        assert place.jobs == {"one", "two", "new", "three"}

        place.write("jobs:\n  only: {every: 1h, task: a.b}\n")
        wait_for(lambda: place.jobs == {"only"}, 10, "the beat's own file")


def test_status_names_the_file_in_force_and_the_beat_that_refuses_its_own(place: Place) -> None:
    place.write(FIRST)
    place.call()
    place.write("jobs:\n  one: {evry: 1h, task: a.b}\n")
    with running("scheduler", "beat", environment=place.environment, log=place.folder / "beat.log") as beat:
        beat.wait_for_text("file.refused")
        environment = child_environment(**place.environment)

        def look(*options: str) -> str:
            return subprocess.run(
                [BIN / "scheduler", "status", *options], env=environment, capture_output=True, text=True, check=True
            ).stdout

        wait_for(lambda: "refuses its file" in look(), 15, "the beat to say so")

        said = json.loads(look("--json"))
        assert said["file"]["applied"]
        assert said["file"]["jobs"] == 3
        (file,) = [one["file"] for one in said["beats"]]
        assert file["problem_count"] == 2
        assert file["refused_since"] is not None
        assert "applied by" in look()
