"""`scheduler up` as a person runs it: the real beat, worker and server, killed, stopped and started again."""

import os
import random
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.restarts import CHILDREN, SCHEDULES, Watch
from scheduler.heartbeat import read
from tests.servers import client_url, embedded_valkey, running_server, wait_for
from tests.services import Awaited, Service, scheduler_up, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found through /proc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder, with a blank in its path, that holds a schedules.yaml with one job each second."""
    folder = tmp_path / "with blanks"
    folder.mkdir()
    (folder / "schedules.yaml").write_text(SCHEDULES)
    return folder


def wait_for_output(service: Service, data: str = ".scheduler") -> None:
    path = service.folder / data / "output" / "tick.csv"
    wait_for(path.exists, 30, Awaited(str(path), service))


def test_it_runs_the_jobs_and_stops_beat_then_worker_then_server_and_keeps_the_data(folder: Path) -> None:
    with scheduler_up(folder) as service:
        wait_for_output(service)

        assert service.stop(signal.SIGINT) == 0
        wait_until_gone(service)

    stopped = [line for line in service.lines if line.endswith("has stopped")]
    assert (stopped[0], stopped[-1]) == ("up       | beat has stopped", "up       | valkey has stopped")
    assert sorted(stopped[1:-1]) == ["up       | commands has stopped", "up       | worker has stopped"]
    assert (folder / ".scheduler" / "valkey" / "appendonlydir").is_dir()
    assert not (folder / ".scheduler" / "valkey" / "socket").exists()
    assert read(folder / ".scheduler") == []


@pytest.mark.parametrize("rounds", [pytest.param(3, id="few"), pytest.param(20, id="many", marks=pytest.mark.slow)])
def test_children_killed_at_random_are_whole_again_within_10_s_and_leave_no_orphan(folder: Path, rounds: int) -> None:
    chance = random.Random(20261123)
    with scheduler_up(folder) as service:
        watch = Watch(service)
        watch.wait_until_whole(30)
        for _ in range(rounds):
            name = chance.choice(list(CHILDREN))
            watch.kill(name)

            watch.wait_until_whole(10)

            assert watch.orphans() == []
        assert service.stop() == 0
        wait_until_gone(service)


def test_a_supervisor_killed_outright_leaves_no_process(folder: Path) -> None:
    with scheduler_up(folder) as service:
        wait_for_output(service)
        assert len(service.pids()) >= 6

        service.process.kill()

        wait_until_gone(service)


def test_runs_in_hand_end_before_the_worker_stops(folder: Path) -> None:
    (folder / "schedules.yaml").write_text(
        "jobs:\n  long:\n    every: 1s\n    report:\n      database: 'sqlite://'\n"
        "      query: WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000000)"
        " SELECT max(n) AS n FROM c\n"
        "      deliver: [{file: 'long-{{ occurrence.time }}.csv'}]\n"
    )
    with scheduler_up(folder, {"SCHEDULER_GRACE": "8s"}) as service:
        service.wait_for_line("received")
        assert service.stop() == 0

    assert service.count("received") >= 1
    assert service.count("succeeded") == service.count("received"), service
    assert len(list((folder / ".scheduler" / "output").glob("long-*.csv"))) == service.count("received")


def test_a_second_service_on_the_same_data_is_refused_and_told_by_whom(folder: Path) -> None:
    with scheduler_up(folder) as service:
        service.wait_for_line("everything runs")
        with scheduler_up(folder) as second:
            assert second.wait() == 1
        assert f".scheduler is in use by process {service.process.pid}" in second.lines[-1]
        assert service.stop() == 0


def test_a_data_path_too_long_for_a_socket_moves_the_socket_and_leaves_nothing_there(folder: Path) -> None:
    runtime = folder / "r"
    runtime.mkdir()
    data = folder / ("d" * 50) / ("e" * 50)
    with scheduler_up(folder, {"SCHEDULER_DATA": str(data), "XDG_RUNTIME_DIR": str(runtime)}) as service:
        wait_for_output(service, data=str(data))
        address = Path((data / "valkey" / "socket").read_text().strip())
        assert len(os.fsencode(address)) <= 103
        assert address.parent.stat().st_mode & 0o777 == 0o700

        assert service.stop() == 0
        assert not address.parent.exists()


def test_with_a_server_of_your_own_none_is_started(folder: Path) -> None:
    with running_server(embedded_valkey()) as address:
        with scheduler_up(folder, {"SCHEDULER_REDIS_URL": client_url(address)}) as service:
            wait_for_output(service)
            assert service.named("valkey-server") == []

            assert service.stop() == 0
        assert not (folder / ".scheduler" / "valkey").exists()


def test_an_empty_folder_is_told_how_to_write_the_first_job_and_runs_it_once_it_is_there(folder: Path) -> None:
    (folder / "schedules.yaml").unlink()
    with scheduler_up(folder) as service:
        service.wait_for_line("Write your first job there")
        service.wait_for_line("everything runs")

        (folder / "schedules.yaml").write_text(SCHEDULES)

        wait_for_output(service)
        assert service.stop() == 0


def test_a_file_with_problems_starts_nothing(folder: Path) -> None:
    (folder / "schedules.yaml").write_text("jobs:\n  broken:\n    cron: 61 * * * *\n    task: a.b\n")
    with scheduler_up(folder) as service:
        assert service.wait() == 1

    assert service.count("schedules.yaml:3:11: broken.cron:") == 1, service
    assert not (folder / ".scheduler").exists()
