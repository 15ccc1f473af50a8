"""How runs end whose workers, processes or servers do: each with workers of its own."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.runs.cancel import cancel
from scheduler.store.runs.enqueue import Traits
from tests.acceptance.processes import Running
from tests.acceptance.working import KEYS, POOLS, QUEUE, Lazily, Site
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for
from tests.services import is_alive


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture
def site(server: Path, tmp_path: Path) -> Iterator[Site]:
    flush(server)
    with Site(tmp_path, client_url(server)) as site:
        yield site


def test_a_run_whose_row_is_gone_runs_once(site: Site) -> None:
    run = site.send("sleep", 1)
    site.client.delete(KEYS.run(run))
    with site.worker(*POOLS["solo"]), site.leader():
        wait_for(lambda: site.begun(run), 20, "its beginning")
        assert site.ended(run).outcome == "succeeded"
    assert site.begun(run) == [1]


def test_a_run_of_a_later_version_goes_to_the_end_of_its_queue_and_is_known_to_lie_there(site: Site) -> None:
    run = site.send("value")
    site.client.hset(KEYS.run(run), "v", 1_000)
    (waiting,) = site.client.keys("*:waiting:*")
    before = site.client.zscore(waiting, run)
    with site.worker(*POOLS["solo"]):
        wait_for(lambda: site.client.zscore(waiting, run) > before, 20, "the leader to be told")
        assert site.ended(site.send("value")).outcome == "succeeded"
    assert site.begun(run) == []


@pytest.mark.parametrize(("reruns", "attempts", "outcome"), [(None, 1, "lost"), (1, 2, "lost")])
def test_a_task_that_kills_its_own_process_is_lost(site: Site, reruns: int | None, attempts: int, outcome: str) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        run = site.send("kill", traits=Traits(reruns=reruns))
        row = site.ended(run)
        assert (row.outcome, row.attempt) == (outcome, attempts)
        assert "its process is gone" in (row.reason or "")
        assert site.ended(site.send("value")).outcome == "succeeded"
    assert site.begun(run) == list(range(1, attempts + 1))
    assert site.left() == []


def test_a_run_that_heeds_no_soft_limit_is_killed_by_the_hard_one(site: Site) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        run = site.send("stubborn", soft_time_limit=1, time_limit=3)
        row = site.ended(run)
    assert (row.outcome, row.reason) == ("timed_out", "killed after 3 s")


def test_a_run_that_was_killed_for_its_time_is_tried_again_where_its_job_wants_that(site: Site) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        retries = RetryPolicy(max=1, backoff=timedelta(0), on=frozenset({"timed_out"}))
        run = site.send("stubborn", retries=retries, soft_time_limit=1, time_limit=2)
        row = site.ended(run)
    assert (row.outcome, row.attempt) == ("timed_out", 2)
    assert site.begun(run) == [1, 2]
    assert site.left() == []


def test_a_run_that_is_deaf_is_killed_when_it_is_cancelled(site: Site) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        run = site.send("stubborn")
        wait_for(lambda: site.begun(run), 20, "its beginning")
        cancel(site.client, KEYS, run, "by ada", site.now())
        row = site.ended(run, 30)
        assert (row.outcome, row.reason) == ("cancelled", "by ada")
        wait_for(lambda: not is_alive(site.pid(run)), 10, "its process to be gone")
        assert site.ended(site.send("value")).outcome == "succeeded"
    assert site.begun(run) == [1]
    assert site.left() == []


def test_the_run_of_a_worker_that_was_killed_is_lost_within_half_a_minute(site: Site) -> None:
    with site.leader():
        with site.worker(*POOLS["prefork"]) as worker:
            run, again = site.send("sleep", 60), site.send("sleep", 1.5, traits=Traits(reruns=2))
            wait_for(lambda: site.begun(run) and site.begun(again), 20, "their beginning")
            worker.kill_group()
            killed = time.monotonic()
        with site.worker(*POOLS["prefork"]):
            row = site.ended(run, 30)
            assert time.monotonic() - killed < 30
            assert (row.outcome, row.reason) == ("lost", "worker_lost")
            assert site.ended(again).outcome == "succeeded"
            assert site.row(again).attempt == 2
    assert site.begun(run) == [1]
    assert site.begun(again) == [1, 2]
    assert site.left() == []


def test_the_leader_sends_a_run_again_whose_message_vanished(site: Site) -> None:
    run = site.send("value")
    site.client.delete(QUEUE)
    site.client.zadd(KEYS.waiting(QUEUE), {run: (time.time() - 61) * 1000})
    with site.worker(*POOLS["solo"]), site.leader():
        assert site.ended(run).outcome == "succeeded"


def test_an_outcome_is_written_down_once_redis_is_there_again(site: Site) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        run = site.send("sleep", 1)
        wait_for(lambda: site.begun(run), 20, "its beginning")
        site.client.execute_command("CLIENT", "PAUSE", 8_000, "WRITE")
        assert site.ended(run).outcome == "succeeded"
    assert site.begun(run) == [1]


def test_a_full_server_takes_outcomes_all_the_same(site: Site) -> None:
    with site.worker(*POOLS["prefork"]):
        run = site.send("sleep", 1)
        wait_for(lambda: site.begun(run), 20, "its beginning")
        site.client.config_set("maxmemory", 1)
        try:
            assert site.ended(run).outcome == "succeeded"
        finally:
            site.client.config_set("maxmemory", 0)


def test_a_long_run_is_started_once_although_its_message_comes_again(site: Site) -> None:
    with site.worker(*POOLS["prefork"]), site.leader():
        run = site.send("sleep", 4)
        wait_for(lambda: site.begun(run), 20, "its beginning")
        for _ in range(3):
            site.client.lpush(QUEUE, site.client.get(KEYS.message(run)))
        assert site.ended(run).outcome == "succeeded"
        assert site.ended(site.send("value")).outcome == "succeeded"
    assert site.begun(run) == [1]


def is_redelivered(worker: Running, run: str) -> bool:
    """Whether kombu has taken the run's message for lost, and the worker was given it once more."""
    return f"run.dropped run={run} state=running" in worker.text


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_run_longer_than_the_visibility_timeout_is_started_once(site: Site, pool: str) -> None:
    options = {"visibility_timeout": 1, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}
    with site.worker(*POOLS[pool], TRANSPORT_OPTIONS=json.dumps(options)) as worker, site.leader():
        run = site.send("hold")
        wait_for(lambda: is_redelivered(worker, run), 40, Lazily(lambda: f"a delivery{site.logs()}"))
        assert site.row(run).state == "running"
        (site.folder / "release").touch()
        assert site.ended(run).outcome == "succeeded"
        wait_for(lambda: not site.client.llen(QUEUE) and not site.client.hlen("unacked"), 10, "an empty queue")
    assert site.begun(run) == [1]
    assert site.left() == []


def test_a_run_of_ours_that_is_longer_than_the_visibility_timeout_is_started_once(site: Site) -> None:
    with site.own_worker("--concurrency=2", SCHEDULER_VISIBILITY_TIMEOUT="1s") as worker, site.leader():
        run = site.send("hold")
        # Ours look every ten seconds for what was not acknowledged.
        wait_for(lambda: is_redelivered(worker, run), 40, Lazily(lambda: f"a delivery{site.logs()}"))
        assert site.row(run).state == "running"
        (site.folder / "release").touch()
        assert site.ended(run).outcome == "succeeded"
        wait_for(lambda: not site.client.llen(QUEUE) and not site.client.hlen("unacked"), 10, "an empty queue")
    assert site.begun(run) == [1]
    assert site.left() == []


def test_a_run_that_is_cut_off_at_the_end_of_the_grace_follows_on_lost(site: Site) -> None:
    with site.leader():
        with site.own_worker("--concurrency=2", SCHEDULER_GRACE="2s") as worker:
            lost, again = site.send("nap", 60), site.send("nap", 4, traits=Traits(reruns=2))
            wait_for(lambda: site.begun(lost) and site.begun(again), 20, "their beginning")
            unstarted = site.send("value")
            worker.stop()
            row = site.ended(lost, 2)
            assert (row.outcome, row.reason) == ("lost", "worker_stopped")
            assert site.begun(unstarted) == []
        with site.own_worker("--concurrency=2"):
            assert site.ended(again).outcome == "succeeded"
            assert site.ended(unstarted).outcome == "succeeded"
    assert site.begun(lost) == [1]
    assert site.begun(again) == [1, 2]
    assert site.begun(unstarted) == [1]
    assert site.left() == []
