"""Signs of life are believed only from processes that live."""

import json
import logging
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scheduler.heartbeat import Heartbeat, read


def host_folder(data: Path) -> Path:
    return data / "heartbeat" / platform.node()


def rewrite(data: Path, **changes: object) -> None:
    (path,) = host_folder(data).glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_beat_is_read_back_with_its_state_and_a_small_age(tmp_path: Path) -> None:
    with Heartbeat(tmp_path, "beat") as heartbeat:
        heartbeat.beat(leader=True, jobs=3, note=None)

        (pulse,) = read(tmp_path)

        assert (pulse.role, pulse.pid) == ("beat", os.getpid())
        assert pulse.state == {"leader": True, "jobs": 3, "note": None}
        assert 0 <= pulse.age_seconds < 5


def test_a_later_beat_replaces_the_earlier_one(tmp_path: Path) -> None:
    heartbeat = Heartbeat(tmp_path, "beat")
    heartbeat.beat(jobs=3)
    heartbeat.beat(jobs=4)

    assert [pulse.state for pulse in read(tmp_path)] == [{"jobs": 4}]
    assert len(list(host_folder(tmp_path).iterdir())) == 1


def test_a_clean_exit_leaves_no_pulse(tmp_path: Path) -> None:
    with Heartbeat(tmp_path, "worker") as heartbeat:
        heartbeat.beat()

    assert read(tmp_path) == []
    assert list(host_folder(tmp_path).iterdir()) == []


def test_a_folder_that_nobody_wrote_to_has_no_pulses(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_a_process_killed_outright_has_no_pulse(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from scheduler.heartbeat import Heartbeat\n"
        "Heartbeat(Path(sys.argv[1]), 'beat').beat(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)

    assert len(list(host_folder(tmp_path).glob("*.json"))) == 1
    assert read(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="start times are read from /proc")
def test_another_process_under_the_same_pid_has_no_pulse(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat()
    rewrite(tmp_path, started=1)

    assert read(tmp_path) == []


def test_a_pulse_from_before_the_host_was_started_again_is_not_counted(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat()
    rewrite(tmp_path, monotonic=time.monotonic() + 60)

    assert read(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="half-written"),
        pytest.param("[]", id="a-list"),
        pytest.param("{}", id="no-fields"),
        pytest.param('{"role": "beat", "pid": "x", "state": {}, "monotonic": 1}', id="pid-is-text"),
        pytest.param('{"role": "beat", "pid": 1, "state": 5, "monotonic": 1}', id="state-is-a-number"),
        pytest.param('{"role": "beat", "pid": 99999999999999999999, "state": {}, "monotonic": 1}', id="pid-too-big"),
    ],
)
def test_a_broken_file_is_no_pulse(tmp_path: Path, content: str) -> None:
    host_folder(tmp_path).mkdir(parents=True)
    (host_folder(tmp_path) / "beat-1.json").write_text(content)

    assert read(tmp_path) == []


def test_a_new_process_clears_what_dead_processes_left(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "beat").beat()
    rewrite(tmp_path, pid=2**22 + 1)
    other_host = tmp_path / "heartbeat" / "gone-container"
    other_host.mkdir()
    (other_host / "old.json").write_text("{}")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(other_host / "old.json", (two_days_ago, two_days_ago))
    (other_host / "young.json").write_text("{}")

    Heartbeat(tmp_path, "worker")

    assert list(host_folder(tmp_path).iterdir()) == []
    assert [path.name for path in other_host.iterdir()] == ["young.json"]


def test_a_folder_that_cannot_be_written_is_logged_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "heartbeat").write_text("a file where the folder should be")
    heartbeat = Heartbeat(tmp_path, "beat")

    with caplog.at_level(logging.WARNING):
        heartbeat.beat()
        heartbeat.beat()
        heartbeat.clear()

    assert [record.message.split()[0] for record in caplog.records] == ["heartbeat.failed"]
