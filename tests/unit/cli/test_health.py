"""`scheduler health`."""

import json
import platform
from pathlib import Path

import pytest

from scheduler.heartbeat import Heartbeat
from tests.unit.cli.calling import Run


def age(folder: Path, seconds: float) -> None:
    """Make the signs of life in a data folder look as if their loops had turned last this long ago."""
    for path in (folder / "heartbeat" / platform.node()).glob("*.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "monotonic": content["monotonic"] - seconds}))


def test_a_host_without_processes_is_not_well(run: Run, tmp_path: Path) -> None:
    result = run("health", environ={"SCHEDULER_DATA": str(tmp_path / "data")})

    assert result.stderr == "Error: no process of the scheduler is known on this host\n"
    assert result.exit_code == 1


@pytest.mark.parametrize("state", ["leader", "standby", "redis away"])
def test_a_beat_whose_loop_turns_is_well_whatever_its_state(run: Run, tmp_path: Path, state: str) -> None:
    Heartbeat(tmp_path, "beat").beat(state=state)

    result = run("health", environ={"SCHEDULER_DATA": str(tmp_path)})

    assert "beat" in result.stdout
    assert state in result.stdout
    assert result.exit_code == 0


def test_a_loop_that_has_not_turned_for_fifteen_seconds_is_not_well(run: Run, tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat()
    Heartbeat(tmp_path, "worker").beat()
    age(tmp_path, 16)
    Heartbeat(tmp_path, "beat").beat()

    result = run("health", environ={"SCHEDULER_DATA": str(tmp_path)})

    assert "the loop of worker" in result.stderr
    assert "has not turned for 16 s" in result.stderr
    assert "the loop of beat" not in result.stderr
    assert result.exit_code == 1


def test_a_loop_that_turned_fourteen_seconds_ago_is_well(run: Run, tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat()
    age(tmp_path, 14)

    assert run("health", environ={"SCHEDULER_DATA": str(tmp_path)}).exit_code == 0


def test_a_process_that_stopped_as_it_should_is_not_known(run: Run, tmp_path: Path) -> None:
    heartbeat = Heartbeat(tmp_path, "beat")
    heartbeat.beat()
    heartbeat.clear()

    assert run("health", environ={"SCHEDULER_DATA": str(tmp_path)}).exit_code == 1


def test_programs_get_each_process(run: Run, tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat(state="standby")

    found = json.loads(run("health", "--json", environ={"SCHEDULER_DATA": str(tmp_path)}).stdout)

    assert (found["healthy"], found["faults"]) == (True, [])
    (process,) = found["processes"]
    assert (process["role"], process["healthy"], process["state"]) == ("beat", True, {"state": "standby"})


def test_a_process_that_its_supervisor_cannot_bring_back_is_not_well(run: Run, tmp_path: Path) -> None:
    Heartbeat(tmp_path, "up").beat(stopping=False, beat="waiting", beat_down_seconds=17.2, worker_down_seconds=3.0)

    result = run("health", environ={"SCHEDULER_DATA": str(tmp_path)})

    assert result.stderr == "Error: beat has been down for 17 s\n"
    assert result.exit_code == 1
