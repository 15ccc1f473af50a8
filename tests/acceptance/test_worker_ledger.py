"""Runs in real workers of another project: claimed once, ended once, whatever the task does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.runs.cancel import Cancelled, cancel
from tests.acceptance.working import KEYS, POOLS, QUEUE, Site
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for

AT_ONCE = RetryPolicy(max=1, backoff=timedelta(0))


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture(scope="module", params=POOLS)
def working(request: pytest.FixtureRequest, server: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a worker of each pool in turn, and a leader."""
    flush(server)
    with Site(tmp_path_factory.mktemp("site"), client_url(server)) as site:
        with site.worker(*POOLS[request.param], SECRET_VALUE="hunter2-the-secret"), site.leader():
            site.pool = request.param
            yield site
        assert site.left() == []


def test_a_shared_task_ends_with_what_it_returned(working: Site) -> None:
    run = working.send("value", {"rows": 3, "exit_code": 0})
    row = working.ended(run)
    assert (row.outcome, row.attempt, row.exit_code, row.exception) == ("succeeded", 1, 0, None)
    assert row.summary == "rows=3 exit_code=0"
    assert None not in (row.worker, row.started, row.finished)
    assert working.begun(run) == [1]


def test_a_class_with_a_call_of_its_own_and_a_call_from_within_are_one_run(working: Site) -> None:
    run = working.send("counting")
    assert working.ended(run).summary == "['counted', 'inner']"
    assert working.begun(run) == [1, 1]


def test_a_failure_says_what_it_was(working: Site) -> None:
    row = working.ended(working.send("fail", "no such table"))
    assert (row.outcome, row.exception) == ("failed", "ValueError: no such table")


def test_a_secret_is_resolved_and_masked(working: Site) -> None:
    row = working.ended(working.send("secret", "${SECRET_VALUE}"))
    assert row.exception == "ValueError: not ***"


@pytest.mark.parametrize(
    ("task", "args", "outcome", "exception"),
    [
        ("ignore", (), "succeeded", None),
        ("unpicklable", (), "failed", "Unpicklable: "),
        ("unsayable", (), "failed", "Unsayable: (it cannot be shown as a text)"),
        ("fork", (), "succeeded", None),
        ("leak", (), "succeeded", None),
        ("leave", (3,), "failed", "SystemExit: 3"),
        ("leave", ("no more",), "failed", "SystemExit: no more"),
        ("reject", (False,), "failed", "Reject: "),
        ("reject", (True,), "succeeded", None),
    ],
)
def test_whatever_a_task_does_its_run_has_one_outcome(
    working: Site, task: str, args: tuple[object, ...], outcome: str, exception: str | None
) -> None:
    run = working.send(task, *args)
    row = working.ended(run)
    assert row.outcome == outcome
    assert (row.exception or "").startswith(exception or "")
    assert working.begun(run) == ([1, 2] if args == (True,) else [1])


def test_whatever_a_run_says_is_in_its_log_and_no_secret(working: Site) -> None:
    run = working.send("say", "${SECRET_VALUE}")
    assert working.ended(run).outcome == "succeeded"
    said = working.log(run)
    assert said["stdout"] == "on stdout ***\n\ufffd\ufffd bytes\nin a thread ***\nwithout an end"
    assert said["stderr"] == "on stderr\n"
    assert said["log"].splitlines() == [
        "INFO by a task's logger ***",
        "WARNING by a logger",
        "INFO by the run's logger",
    ]


@pytest.mark.parametrize("task", ["spill", "say", "value", "secret", "leave", "again", "refuse"])
def test_no_secret_is_in_the_workers_own_output_nor_in_redis(working: Site, task: str) -> None:
    row = working.ended(working.send(task, "${SECRET_VALUE}"))

    assert row.outcome == ("succeeded" if task in ("spill", "say", "value") else "failed")
    last = {"succeeded": "succeeded in", "failed": "***"}[str(row.outcome)]
    wait_for(lambda: last in working.said_by_workers(), 10, "the worker to say it")
    assert "hunter2-the-secret" not in working.said_by_workers() + working.stored()


@pytest.mark.parametrize(
    ("size", "times", "is_line"),
    [
        pytest.param(100_000_000, 1, True, id="a line of 100 MB"),
        pytest.param(1_000_000, 30, False, id="30 MB in all"),
        pytest.param(1_000_000, 1_000, False, id="1 GB in all", marks=pytest.mark.slow),
    ],
)
def test_of_a_flood_beginning_and_end_are_kept(working: Site, size: int, times: int, is_line: bool) -> None:
    run = working.send("flood", size, times, is_line)
    assert working.ended(run, 60).outcome == "succeeded"
    said = working.log(run)["stdout"]
    assert said.startswith("first\nxxx")
    assert said.endswith("xlast\n" if not is_line else "x\nlast\n")
    assert 1_000_000 < len(said) < 1_100_000
    assert int(working.client.hget(KEYS.run(run), "log_cut")) + len(said) == size * times + is_line + len(
        "first\nlast\n"
    )


def test_task_code_tells_how_far_it_is_and_knows_its_run(working: Site) -> None:
    run = working.send("advance", previous="2026-01-01T03:00:00Z")
    wait_for(lambda: working.row(run).progress is not None, 20, "its progress")
    assert (working.row(run).progress, working.row(run).doing) == (0.25, "a quarter")
    row = working.ended(run)
    assert row.summary == "[1, 'advance', '2026-01-01T03:00:00+00:00']"
    assert row.progress is None


def test_celerys_own_retry_is_the_next_attempt(working: Site) -> None:
    run = working.send("retry")
    row = working.ended(run)
    assert (row.outcome, row.attempt, row.summary) == ("succeeded", 3, "at last")
    assert working.begun(run) == [1, 2, 3]


def test_autoretry_is_the_next_attempt(working: Site) -> None:
    run = working.send("autoretry")
    row = working.ended(run)
    assert (row.outcome, row.attempt, row.exception) == ("failed", 2, "KeyError: 'always'")


def test_a_job_that_wants_a_retry_gets_it(working: Site) -> None:
    run = working.send("fail", retries=AT_ONCE)
    row = working.ended(run)
    assert (row.outcome, row.attempt) == ("failed", 2)
    assert working.begun(run) == [1, 2]


def test_a_message_too_many_is_dropped(working: Site) -> None:
    run = working.send("sleep", 1)
    wait_for(lambda: working.begun(run), 20, "its beginning")
    text = working.client.get(KEYS.message(run))
    working.client.lpush(QUEUE, text)
    assert working.ended(run).outcome == "succeeded"
    working.client.lpush(QUEUE, text)
    working.ended(working.send("value"))
    wait_for(lambda: not working.client.llen(QUEUE) and not working.client.hlen("unacked"), 10, "an empty queue")
    assert working.begun(run) == [1]


def test_the_time_limit_ends_a_run(working: Site) -> None:
    row = working.ended(working.send("sleep", 20, soft_time_limit=1, time_limit=15))
    assert (row.outcome, row.reason) == ("timed_out", "timeout")
    assert row.duration is not None
    assert row.duration < timedelta(seconds=10)


def test_a_run_that_is_cancelled_is_stopped(working: Site) -> None:
    run = working.send("sleep", 20)
    wait_for(lambda: working.begun(run), 20, "its beginning")
    assert cancel(working.client, KEYS, run, "by ada", working.now()) is Cancelled.ASKED
    row = working.ended(run, 10)
    assert (row.outcome, row.reason) == ("cancelled", "by ada")


def test_what_is_no_run_passes_through_untouched(working: Site) -> None:
    before = working.client.keys(f"{KEYS.prefix}:run:*")
    working.app.send_task("value", ["${SECRET_VALUE}"])
    wait_for(lambda: not working.client.llen(QUEUE) and not working.client.hlen("unacked"), 10, "an empty queue")
    assert working.client.keys(f"{KEYS.prefix}:run:*") == before


def test_its_queues_are_known_to_keep_the_ledger(working: Site) -> None:
    assert working.client.smembers(KEYS.ledgered) == {QUEUE}
