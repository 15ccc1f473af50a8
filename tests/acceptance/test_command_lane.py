"""Commands of a worker of threads, hundreds at once: every way in, and every way in which one can end."""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from benchmarks.experiments.server import DurableServer
from scheduler.jobs.backoff import RetryPolicy
from scheduler.jobs.command import stored_command
from scheduler.jobs.message import COMMAND, VERSION
from scheduler.store.form import ROW_VERSION
from scheduler.store.runs.cancel import cancel
from scheduler.store.runs.enqueue import Traits
from tests.acceptance.processes import Running
from tests.acceptance.working import KEYS, PLAIN, QUEUE, Site
from tests.integration.keeping import alive_with
from tests.servers import client_url, embedded_valkey, running_server, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lane needs epoll")

CELERYS = f"Task {COMMAND}"


class Lane:
    """A site whose runs are commands."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def send(self, run: Any, *, traits: Traits | None = PLAIN, **options: Any) -> str:
        return self.site.send(COMMAND, kwargs={"command": stored_command(run)}, traits=traits, **options)

    def noted(self, **options: Any) -> str:
        """Send a command that notes its run in the file `noted`."""
        return self.send(f"echo $SCHEDULER_RUN_ID >> {self.site.folder}/noted", **options)

    def notes(self) -> Counter[str]:
        file = self.site.folder / "noted"
        return Counter(file.read_text().split() if file.exists() else ())

    @contextmanager
    def worker(self, commands: int = 100, *options: str, **environment: str) -> Iterator[Running]:
        size = ("--pool=threads", f"--concurrency={commands}", "--without-mingle", "--without-gossip")
        with self.site.own_worker(*size, *options, **environment) as worker:
            yield worker

    def outcomes(self, *run_ids: str) -> list[str | None]:
        return [self.site.ended(run_id).outcome for run_id in run_ids]

    def is_clean(self) -> bool:
        """Whether nothing is left of any run: no message, no lease, nothing unacknowledged."""
        kept = [*self.site.left(), *self.site.client.keys("unacked*"), *self.site.client.keys(f"{QUEUE}*")]
        return not kept


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    with running_server(embedded_valkey()) as address, Site(tmp_path, client_url(address)) as site:
        yield Lane(site)


def test_what_is_due_together_runs_once_each_and_leaves_nothing(lane: Lane) -> None:
    runs = [lane.noted() for _ in range(150)]
    with lane.worker() as worker:
        runs += [lane.noted() for _ in range(150)]
        assert set(lane.outcomes(*runs)) == {"succeeded"}
        wait_for(lane.is_clean, 10, "nothing to be left")
        assert worker.stop() == 0

    assert lane.notes() == Counter(runs)
    assert {lane.site.row(run).attempt for run in runs} == {1}
    assert CELERYS not in worker.text
    assert "Traceback" not in worker.text


def test_a_run_has_its_summary_and_its_log(lane: Lane) -> None:
    with lane.worker() as worker:
        run = lane.send("echo one; echo two >&2; printf 'no end'")
        row = lane.site.ended(run)

    assert row.summary is not None
    assert row.summary.startswith("exit_code=0 seconds=")
    assert row.summary.endswith(" stdout_bytes=10 stderr_bytes=4 cut_bytes=0")
    assert lane.site.log(run) == {"stdout": "one\nno end", "stderr": "two\n"}
    assert "stdout: one" in worker.text


@pytest.mark.parametrize(
    ("run", "options", "outcome", "words"),
    [
        pytest.param("echo oops >&2; exit 3", {}, "failed", "exit code 3: oops", id="exit code"),
        pytest.param("kill -9 $$", {}, "failed", "killed by SIGKILL", id="a signal"),
        pytest.param(["nope"], {}, "failed", "it was not found", id="not found"),
        pytest.param(["/etc"], {}, "failed", "it is a folder", id="a folder"),
        pytest.param({"run": "true", "cwd": "/no/such"}, {}, "failed", "command.cwd: /no/such", id="no such folder"),
        pytest.param({"run": "true", "env": {"A": "${NO_SUCH}"}}, {}, "failed", "NO_SUCH", id="no such variable"),
        pytest.param({"run": "true", "shell": "x"}, {}, "failed", "command.shell", id="no such key"),
        pytest.param({"run": "x", "env": {"A": "a\0"}}, {}, "failed", "it has a NUL byte", id="a NUL"),
        pytest.param({"run": "true", "fail_when": {"stdout": "x"}}, {}, "succeeded", "", id="a pattern"),
        pytest.param({"run": "true", "user": "nob-ody"}, {}, "failed", "no user is", id="no such user"),
        pytest.param("sleep 100", {"soft_time_limit": 1, "time_limit": 5}, "timed_out", "its time was", id="timeout"),
    ],
)  # fmt: skip
def test_however_a_run_ends_the_next_one_runs(lane: Lane, run: Any, options: Any, outcome: str, words: str) -> None:
    with lane.worker() as worker:
        first, second = lane.send(run, **options), lane.noted()
        assert lane.outcomes(first, second) == [outcome, "succeeded"]
        wait_for(lane.is_clean, 10, "nothing to be left")
        assert worker.stop() == 0

    row = lane.site.row(first)
    assert words in f"{row.exception} {row.reason} {row.summary}"


def test_a_run_can_be_cancelled(lane: Lane) -> None:
    with lane.worker():
        run = lane.send("exec sleep 1000")
        wait_for(lambda: alive_with(f"SCHEDULER_RUN_ID={run}"), 20, "the command")
        cancel(lane.site.client, KEYS, run, "by hand", lane.site.now())

        assert lane.outcomes(run) == ["cancelled"]
        assert alive_with(f"SCHEDULER_RUN_ID={run}") == []


def test_a_run_that_fails_is_retried(lane: Lane) -> None:
    policy = RetryPolicy(max=2, backoff=timedelta(seconds=0.1))
    with lane.worker(), lane.site.leader():
        run = lane.send(
            f"echo >> {lane.site.folder}/tried; test $(wc -l < {lane.site.folder}/tried) = 3", retries=policy
        )
        row = lane.site.ended(run)

    assert (row.outcome, row.attempt) == ("succeeded", 3)


def test_no_more_run_at_once_than_there_is_room_for(lane: Lane) -> None:
    folder = lane.site.folder
    script = f"mkdir {folder}/1 || mkdir {folder}/2 || exit 9; sleep 0.2; rmdir {folder}/1 || rmdir {folder}/2"
    runs = [lane.send(f"({script}) 2>/dev/null") for _ in range(12)]
    with lane.worker(2):
        assert set(lane.outcomes(*runs)) == {"succeeded"}


def test_a_worker_that_stops_lets_commands_end(lane: Lane) -> None:
    with lane.worker() as worker:
        runs = [lane.send("sleep 1; echo ended") for _ in range(20)]
        wait_for(lambda: all(lane.site.row(run).state == "running" for run in runs), 20, "all to run")
        assert worker.stop() == 0

    assert {lane.site.row(run).outcome for run in runs} == {"succeeded"}


def test_what_outlasts_the_grace_is_cut_off(lane: Lane) -> None:
    with lane.worker(100, SCHEDULER_GRACE="1s") as worker:
        runs = [lane.send("exec sleep 1000") for _ in range(5)]
        marks = [f"SCHEDULER_RUN_ID={run}" for run in runs]
        wait_for(lambda: all(map(alive_with, marks)), 20, "all to run")
        worker.stop()

    assert {(lane.site.row(run).outcome, lane.site.row(run).reason) for run in runs} == {("lost", "worker_stopped")}
    assert not any(map(alive_with, marks))


def test_a_cold_stop_ends_commands_at_once(lane: Lane) -> None:
    with lane.worker() as worker:
        run = lane.send("exec sleep 1000")
        wait_for(lambda: alive_with(f"SCHEDULER_RUN_ID={run}"), 20, "the command")
        worker.stop(signal.SIGQUIT)

    assert lane.site.row(run).outcome == "lost"
    assert alive_with(f"SCHEDULER_RUN_ID={run}") == []


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.3])
def test_a_worker_that_is_killed_costs_no_run_its_outcome_and_starts_none_twice(lane: Lane, after: float) -> None:
    runs: list[str] = []
    with lane.worker() as worker:
        runs += [lane.noted() for _ in range(100)]
        time.sleep(after)
        worker.stop(signal.SIGKILL)
    with lane.worker(), lane.site.leader():
        outcomes = [lane.site.ended(run, 60).outcome for run in runs]

    assert set(outcomes) <= {"succeeded", "lost"}
    assert lane.site.left() == []
    assert max(lane.notes().values(), default=1) == 1
    for run, outcome in zip(runs, outcomes, strict=True):
        assert outcome == "lost" or lane.notes()[run] == 1


def test_two_workers_share_what_is_due_and_run_it_once(lane: Lane) -> None:
    runs = [lane.send(f"echo $SCHEDULER_RUN_ID >> {lane.site.folder}/noted; sleep 0.3") for _ in range(200)]
    with lane.worker(20, "--hostname=a@here"), lane.worker(20, "--hostname=b@here"):
        assert set(lane.outcomes(*runs)) == {"succeeded"}

    assert lane.notes() == Counter(runs)
    assert len({lane.site.row(run).worker for run in runs}) == 2


def test_what_is_not_the_lanes_goes_celerys_way_in_its_turn(lane: Lane) -> None:
    runs = []
    for _ in range(20):
        runs += [lane.noted(), lane.site.send("value", 7), lane.send({"run": "true", "fail_when": {"stderr": "x"}})]
    with lane.worker() as worker:
        assert set(lane.outcomes(*runs)) == {"succeeded"}
        wait_for(lane.is_clean, 10, "nothing to be left")

    assert worker.text.count(f"{CELERYS}[") == 2 * 20
    assert lane.notes() == Counter(runs[::3])


def test_where_somebody_listens_celery_tells_of_commands(lane: Lane) -> None:
    with lane.worker(100, "--task-events") as worker:
        assert lane.outcomes(*(lane.noted() for _ in range(5))) == ["succeeded"] * 5
        # Celery says so once the row does.
        wait_for(lane.is_clean, 10, "nothing to be left")

    assert worker.text.count(" succeeded in ") == 5


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"timelimit": [1e308, 1e308]}, id="limits beyond all time"),
        pytest.param({"timelimit": ["x"]}, id="limits that are none"),
        pytest.param({"scheduler_occurrence": "soon"}, id="an occurrence that is none"),
        pytest.param(
            {"scheduler_retries": '{"max": 1e300, "max_backoff": 1e300, "backoff": 1e300}'}, id="huge retries"
        ),
        pytest.param({"scheduler_retries": "{"}, id="retries that are none"),
        pytest.param({"retries": 10**30}, id="a huge count of retries"),
        pytest.param({"retries": "x"}, id="a count of retries that is none"),
        pytest.param({"eta": "soon"}, id="an eta that is none"),
        pytest.param({"expires": "never"}, id="an expiry that is none"),
        pytest.param({VERSION: "x"}, id="a version that is none"),
        pytest.param({"group": [1]}, id="a group that is none"),
    ],
)
def test_no_odd_message_keeps_later_commands_from_running(lane: Lane, headers: dict[str, Any]) -> None:
    with lane.worker() as worker:
        lane.send("exit 3", headers=headers)
        later = [lane.noted() for _ in range(20)]

        assert set(lane.outcomes(*later)) == {"succeeded"}
        assert lane.outcomes(lane.send("exit 3")) == ["failed"]
        assert worker.process.poll() is None


def test_a_row_of_a_later_version_is_left_and_others_go_on(lane: Lane) -> None:
    theirs = lane.noted()
    lane.site.client.hset(KEYS.run(theirs), "v", ROW_VERSION + 1)
    ours = [lane.noted() for _ in range(20)]
    with lane.worker():
        assert set(lane.outcomes(*ours)) == {"succeeded"}
        wait_for(lambda: lane.site.client.llen(QUEUE) + lane.site.client.hlen("unacked") >= 1, 10, "its message")

    assert lane.notes()[theirs] == 0
    assert lane.site.row(theirs).state == "queued"


def test_a_row_of_a_wrong_type_costs_its_own_run_alone(lane: Lane) -> None:
    runs = [lane.noted() for _ in range(20)]
    lane.site.client.delete(KEYS.run(runs[7]))
    lane.site.client.set(KEYS.run(runs[7]), "a text")
    with lane.worker() as worker:
        assert set(lane.outcomes(*runs[:7], *runs[8:])) == {"succeeded"}
        later = [lane.noted() for _ in range(20)]
        assert set(lane.outcomes(*later)) == {"succeeded"}
        assert worker.process.poll() is None


def test_a_keeper_that_is_killed_costs_what_runs_and_nothing_later(lane: Lane) -> None:
    with lane.worker() as worker:
        runs = [lane.send("exec sleep 1000") for _ in range(10)]
        marks = [f"SCHEDULER_RUN_ID={run}" for run in runs]
        wait_for(lambda: all(map(alive_with, marks)), 20, "all to run")
        (keeper,) = {
            int(Path(f"/proc/{pid}/stat").read_text().split()[3]) for mark in marks for pid in alive_with(mark)
        }
        os.kill(keeper, signal.SIGKILL)

        assert set(lane.outcomes(*runs)) == {"failed"}
        assert not any(map(alive_with, marks))
        assert lane.outcomes(lane.noted()) == ["succeeded"]
        assert worker.process.poll() is None
    assert "has ended, and the command was killed" in str(lane.site.row(runs[0]).exception)


def test_a_server_that_is_away_delays_outcomes_and_loses_none(tmp_path: Path) -> None:
    server = DurableServer(tmp_path / "server", "always")
    server.start()
    with Site(tmp_path, server.url) as site:
        lane = Lane(site)
        with lane.worker() as worker:
            runs = [lane.send(f"echo $SCHEDULER_RUN_ID >> {tmp_path}/noted; sleep 1; echo said") for _ in range(30)]
            wait_for(lambda: len(lane.notes()) == 30, 20, "all to run")
            server.kill()
            with pytest.raises(RedisConnectionError):
                site.client.ping()
            server.start()
            assert {site.ended(run, 60).outcome for run in runs} == {"succeeded"}
            later = [lane.noted() for _ in range(20)]
            assert {site.ended(run, 60).outcome for run in later} == {"succeeded"}
            assert worker.stop() == 0

        assert lane.notes() == Counter([*runs, *later])
        assert site.log(runs[0])["stdout"] == "said\n"
    server.stop()
