"""`scheduler list` with a server: how the last run of each job ended."""

import socket
import time
from datetime import timedelta

import pytest

from scheduler.cli.when import stamp
from tests.integration.ledger_bench import HOUR, MINUTE, SECOND, LedgerBench

JOBS = """\
jobs:
  a: {cron: "0 7 * * *", task: b.c}
  b: {cron: "0 7 * * *", task: b.c}
  c: {cron: "0 7 * * *", task: b.c}
  d: {cron: "0 7 * * *", task: b.c}
"""


@pytest.fixture(autouse=True)
def file(ledger: LedgerBench) -> None:
    (ledger.folder / "schedules.yaml").write_text(JOBS)


def test_the_last_run_of_each_job_is_shown(ledger: LedgerBench) -> None:
    ledger.ended("a", 2 * HOUR, "failed")
    latest = ledger.ended("a", HOUR, took=90 * SECOND)
    ledger.ended("b", HOUR, "lost", took=timedelta(milliseconds=20))
    ledger.started("b", MINUTE)
    ledger.queued("c", MINUTE, None)

    rows = [line.split("  ") for line in ledger.call("list").stdout.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert [[row[0], *row[-2:]] for row in cells] == [
        ["JOB", "LAST", "TOOK"],
        ["a", "succeeded", "1 min 30 s"],
        ["b", "lost", "20 ms"],
        ["c", "dispatched", "-"],
        ["d", "-", "-"],
    ]
    found = [job["last"] for job in ledger.json("list")["jobs"]]
    assert found[0] == {
        "run": latest,
        "state": "ended",
        "outcome": "succeeded",
        "finished_at": stamp(ledger.now - HOUR + 90 * SECOND),
        "duration": 90.0,
    }
    assert found[3] is None


def test_a_server_that_does_not_answer_is_not_waited_for(ledger: LedgerBench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()
        result = ledger.call("list", SCHEDULER_REDIS_URL=url)
        took = time.monotonic() - began

    assert result.exit_code == 0
    assert result.stderr == ""
    assert [line.split()[-2:] for line in result.stdout.splitlines()[1:]] == [["-", "-"]] * 4
    # The connection's own limit is five seconds.
    assert 1.0 <= took < 4.0


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/socket?db=0", "http://nowhere/0"])
def test_a_server_that_is_not_there_is_no_error(ledger: LedgerBench, url: str) -> None:
    result = ledger.call("list", SCHEDULER_REDIS_URL=url)

    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[-1] for line in result.stdout.splitlines()[1:]] == ["-"] * 4
