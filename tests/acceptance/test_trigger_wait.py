"""`scheduler trigger`: a run with a row of its own, and its end for those who wait for it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs import message
from scheduler.settings import child_environment
from scheduler.store.queues import note_ledgered
from scheduler.store.runs.claim import Claimed, Ending
from tests.acceptance.processes import BIN
from tests.integration.ledger_bench import KEYS, SECOND, LedgerBench
from tests.servers import client_url, embedded_valkey, running_server, wait_for

JOBS = """\
pools: {db: 1}
jobs:
  sync: {cron: "0 0 1 1 *", task: a.b, on_lost: rerun, retries: 2, overlap: skip}
  query: {cron: "0 0 1 1 *", task: a.b, uses: {db: 1}, queue: slow, priority: 9, expires: 1h}
"""


class Place(LedgerBench):
    """The jobs, installed; the test is the worker."""

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        environ = child_environment(**self.environ, SCHEDULER_DATA=str(self.folder / "data"))
        return subprocess.Popen(
            [BIN / "scheduler", *arguments],
            env=environ,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, error = process.communicate(timeout=60)
        return process.returncode, out, error

    def take(self, queue_list: str = "scheduler\x06\x163") -> dict[str, Any]:
        """Return the headers of the next message, once it is there."""
        wait_for(lambda: self.client.llen(queue_list), 30, "the message")
        return dict(json.loads(self.client.rpop(queue_list))["headers"])

    def claim(self, headers: dict[str, Any]) -> Claimed:
        claim = self.claims.claim(headers[message.RUN_ID], "token", self.now)
        assert isinstance(claim, Claimed)
        return claim


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "schedules.yaml").write_text(JOBS)
    with running_server(embedded_valkey()) as address:
        place = Place(client_url(address), tmp_path)
        assert place.run("apply")[0] == 0
        yield place
        place.client.close()


def test_a_triggered_run_has_a_row_and_the_traits_of_its_job(place: Place) -> None:
    note_ledgered(place.client, KEYS, ["scheduler", "slow"])
    _, out, _ = place.run("trigger", "sync", "--json")
    sent = json.loads(out)
    headers = place.take()
    assert (headers[message.RUN_ID], headers["id"]) == (sent["run"], sent["task_id"])
    assert headers[message.OCCURRENCE] == sent["occurrence"]
    (run,) = place.json("runs")["runs"]
    assert (run["id"], run["state"], run["job"]) == (sent["run"], "queued", "sync")
    assert place.client.hget(KEYS.run(sent["run"]), "reruns") == "2"
    assert sent["ended"] is None

    place.run("trigger", "query")
    (held,) = place.json("runs", "query")["runs"]
    assert held["state"] == "waiting"
    found = place.client.hmget(KEYS.run(held["id"]), "list", "uses", "priority")
    assert found == ["slow", "db:1", "9"]
    assert place.client.zscore(KEYS.expiring, held["id"]) is not None


def test_a_run_whose_workers_keep_no_ledger_has_a_row_too(place: Place) -> None:
    code, _, error = place.run("trigger", "sync")
    assert (code, error) == (0, 'No live worker consumes the queue "scheduler": the run waits there.\n')
    (run,) = place.json("runs")["runs"]
    assert (run["state"], run["outcome"]) == ("dispatched", None)
    assert place.take()[message.RUN_ID] == run["id"]

    code, out, error = place.run("trigger", "sync", "--wait")
    assert (code, out) == (1, "")
    assert 'Error: no worker of the queue "scheduler" has shown that it records how runs end' in error
    assert len(place.json("runs")["runs"]) == 1


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        pytest.param(Ending("succeeded", fields={"summary": "3 rows"}), 0, "succeeded after 1.0 s: 3 rows", id="fine"),
        pytest.param(Ending("failed", fields={"exit_code": 3}), 3, "failed after 1.0 s: exit code 3", id="exit-code"),
        pytest.param(Ending("failed", fields={"exit_code": -9}), 137, "failed after", id="signal"),
        pytest.param(Ending("timed_out", "10m"), 1, "timed_out after 1.0 s: 10m", id="timed-out"),
    ],
)
def test_who_waits_sees_the_log_and_exits_as_the_run_did(place: Place, ending: Ending, code: int, said: str) -> None:
    note_ledgered(place.client, KEYS, ["scheduler"])
    process = place.start("trigger", "sync", "--wait")
    claim = place.claim(place.take())
    place.log(claim.run_id, "one\n", "two\n")
    place.claims.finish(claim, ending, place.now + SECOND)
    out, error = process.communicate(timeout=30)

    assert out == "one\ntwo\n"
    assert f"run {claim.run_id} is on the queue" in error
    assert f"{claim.run_id}: {said}" in error
    assert process.returncode == code


def test_programs_that_wait_get_the_row(place: Place) -> None:
    note_ledgered(place.client, KEYS, ["scheduler"])
    process = place.start("trigger", "sync", "--wait", "--json")
    claim = place.claim(place.take())
    place.log(claim.run_id, "noise\n")
    place.claims.finish(claim, Ending("failed", fields={"exit_code": 2}), place.now + SECOND)
    out, _ = process.communicate(timeout=30)

    found = json.loads(out)
    assert (found["ended"]["outcome"], found["ended"]["exit_code"], process.returncode) == ("failed", 2, 2)


def test_ctrl_c_ends_the_waiting_and_not_the_run(place: Place) -> None:
    note_ledgered(place.client, KEYS, ["scheduler"])
    process = place.start("trigger", "sync", "--wait")
    claim = place.claim(place.take())
    place.log(claim.run_id, "one\n")
    assert process.stdout is not None
    assert process.stdout.readline() == "one\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)

    assert process.returncode == 130
    assert f"{claim.run_id} goes on. To stop it: scheduler cancel {claim.run_id}" in error
    assert "Traceback" not in error
    assert place.json("runs")["runs"][0]["state"] == "running"


def test_a_mistyped_job_gets_the_one_that_could_be_meant(place: Place) -> None:
    code, _, error = place.run("trigger", "synk")
    assert code == 1
    assert error.startswith('Error: "synk" is not installed (did you mean "sync"?)')
