"""Runs that beat dispatches to workers that keep the ledger: what a job says of them is in force."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.store.keys import Keys
from scheduler.store.queues import note_ledgered
from scheduler.store.runs.claim import Claimed, Claims, Ending
from scheduler.store.runs.history import History
from scheduler.store.runs.row import Row
from tests.hand_clock import NAME, HandClock
from tests.integration.bench import PREFIX, Bench
from tests.spoiling import spoil

KEYS = Keys(PREFIX)
HOUR = timedelta(hours=1)
NOON = datetime(2031, 7, 1, 12, 0, 30, tzinfo=UTC)
JOB = "jobs:\n  a:\n    cron: '0 * * * *'\n    task: some.task\n"


class Leader:
    """A beat whose queue's workers keep the ledger, and one such worker."""

    def __init__(self, bench: Bench, text: str) -> None:
        self.bench = bench
        self.history = History(bench.redis, KEYS)
        self.claims = Claims(bench.redis, KEYS, "one@host/1")
        note_ledgered(bench.redis, KEYS, ["celery"])
        bench.app.conf.scheduler_clock = NAME
        bench.write(text)
        self.clock, self.now = HandClock(bench.redis), NOON
        self.clock.put(self.now)
        self.beat = bench.beat()
        self.tick()

    def pass_by(self, time: timedelta = HOUR) -> None:
        """Let time go by, and beat make its passes."""
        self.now += time
        self.clock.put(self.now)
        self.tick()

    def tick(self) -> None:
        # One pass may find that it has to look again, and another puts on its queue what was held back.
        for _ in range(4):
            self.beat.tick()

    def rows(self, job: str = "a") -> list[Row]:
        """Return all runs of the job, the earliest dispatched first."""
        found = {row.id: row for row in [*self.history.live(job), *self.history.ended(job)]}
        return sorted(found.values(), key=lambda row: (row.dispatched or row.finished, row.id))

    def states(self, job: str = "a") -> list[str]:
        return [row.outcome or row.state for row in self.rows(job)]

    def fields(self, row: Row) -> Any:
        return self.bench.redis.hgetall(KEYS.run(row.id))

    def start(self, row: Row) -> Claimed:
        claim = self.claims.claim(row.id, row.id, self.now)
        assert isinstance(claim, Claimed)
        return claim

    def end(self, claim: Claimed, outcome: str = "succeeded") -> None:
        assert self.claims.finish(claim, Ending(outcome), self.now)
        self.tick()

    def queued(self) -> list[str]:
        return [one["headers"]["scheduler_run_id"] for one in self.bench.messages()]


def test_a_run_is_live_until_its_worker_says_how_it_ended(bench: Bench) -> None:
    leader = Leader(bench, JOB)
    leader.pass_by()
    (row,) = leader.rows()
    assert (row.state, leader.queued()) == ("queued", [row.id])
    leader.end(leader.start(row))
    assert leader.states() == ["succeeded"]


def test_a_run_carries_what_its_job_says_of_it(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    priority: 7\n    on_lost: rerun\n    retries: 3\n    expires: 10m\n")
    leader.pass_by()
    (row,) = leader.rows()
    fields = leader.fields(row)
    assert (fields["priority"], fields["reruns"]) == ("7", "3")
    expires = bench.redis.zscore(KEYS.expiring, row.id)
    assert row.dispatched is not None
    assert expires == row.dispatched.timestamp() * 1000 + 600_000
    (message,) = [json.loads(text) for key in bench.redis.keys("celery*") for text in bench.redis.lrange(key, 0, -1)]
    assert json.loads(message["headers"]["scheduler_retries"])["max"] == 3


def test_a_pool_holds_back_what_does_not_fit(bench: Bench) -> None:
    jobs = "".join(f"  {name}: {{cron: '0 * * * *', task: some.task, uses: db}}\n" for name in "abc")
    leader = Leader(bench, f"pools: {{db: 2}}\njobs:\n{jobs}")
    leader.pass_by()
    rows = [row for name in "abc" for row in leader.rows(name)]
    assert sorted(row.state for row in rows) == ["queued", "queued", "waiting"]
    (held,) = (row for row in rows if row.state == "waiting")
    first = next(row for row in rows if row.state == "queued")
    leader.end(leader.start(first))
    assert leader.states(held.job) == ["queued"]
    assert len(leader.queued()) == 3


def test_a_run_for_workers_without_a_ledger_is_only_dispatched(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    queue: theirs\n    uses: db\n    expires: 10m\npools: {db: 1}\n")
    leader.pass_by()
    leader.pass_by()
    assert leader.states() == ["dispatched", "dispatched"]
    assert not bench.redis.exists(KEYS.expiring)


def test_a_run_is_skipped_while_one_before_it_has_not_ended(bench: Bench) -> None:
    leader = Leader(bench, JOB)
    leader.pass_by()
    leader.pass_by()
    first, second = leader.rows()
    assert (second.outcome, second.reason) == ("skipped", f"overlap with {first.id}")
    leader.end(leader.start(first))
    leader.pass_by()
    assert leader.states() == ["succeeded", "skipped", "queued"]


def test_runs_go_beside_each_other_where_the_job_allows_it(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    overlap: allow\n")
    leader.pass_by()
    leader.pass_by()
    assert leader.states() == ["queued", "queued"]


def test_a_run_waits_for_the_one_before_it(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    overlap: queue\n")
    for _ in range(3):
        leader.pass_by()
    first, second, third = leader.rows()
    assert leader.states() == ["queued", "waiting", "skipped"]
    assert third.reason == f"overlap with {first.id}"
    assert leader.queued() == [first.id]
    leader.end(leader.start(first))
    assert leader.states() == ["succeeded", "queued", "skipped"]
    assert leader.queued() == [first.id, second.id]


def test_a_run_takes_the_place_of_the_one_before_it_once_that_has_stopped(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    overlap: replace\n")
    leader.pass_by()
    (first,) = leader.rows()
    claim = leader.start(first)
    leader.pass_by()
    leader.pass_by()
    first, second, third = leader.rows()
    assert leader.states() == ["running", "skipped", "waiting"]
    assert leader.fields(first)["cancel"] == f"replaced by {second.id}"
    assert second.reason == f"replaced by {third.id}"
    leader.end(claim, "cancelled")
    assert leader.states() == ["cancelled", "skipped", "queued"]


def test_a_run_that_has_not_begun_makes_way_at_once(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    overlap: replace\n")
    leader.pass_by()
    leader.pass_by()
    first, second = leader.rows()
    assert leader.states() == ["cancelled", "queued"]
    assert first.reason == f"replaced by {second.id}"


def test_of_runs_that_are_due_together_each_meets_those_before_it(bench: Bench) -> None:
    leader = Leader(bench, JOB + "    overlap: {policy: queue, limit: 2}\n    catch_up: all\n")
    leader.pass_by(4 * HOUR)
    assert leader.states() == ["queued", "waiting", "waiting", "skipped"]


def test_a_run_that_is_tried_again_has_not_ended(bench: Bench) -> None:
    leader = Leader(bench, JOB)
    leader.pass_by()
    (first,) = leader.rows()
    leader.claims.retry(leader.start(first), Ending("failed"), leader.now + 2 * HOUR, leader.now)
    leader.pass_by()
    assert leader.states() == ["retrying", "skipped"]


def test_a_run_that_waits_for_another_stands_in_no_line_for_a_pool(bench: Bench) -> None:
    leader = Leader(bench, "pools: {db: 1}\n" + JOB + "    overlap: queue\n    uses: db\n")
    leader.pass_by()
    leader.pass_by()
    assert leader.states() == ["queued", "waiting"]
    first, _ = leader.rows()
    assert bench.redis.zrange(KEYS.held_by("db"), 0, -1) == []
    leader.end(leader.start(first))
    assert leader.states() == ["succeeded", "queued"]


def test_a_live_run_whose_row_is_gone_stands_in_nobodys_way(bench: Bench) -> None:
    leader = Leader(bench, JOB)
    leader.pass_by()
    (first,) = leader.rows()
    bench.redis.delete(KEYS.run(first.id))
    leader.pass_by()
    assert leader.states() == ["queued"]


def test_all_workers_away_for_hours_leave_one_run_and_the_others_explained(bench: Bench) -> None:
    leader = Leader(bench, JOB)
    for _ in range(6):
        leader.pass_by()
    first, *others = leader.rows()
    assert leader.queued() == [first.id]
    assert {(row.outcome, row.reason) for row in others} == {("skipped", f"overlap with {first.id}")}
    assert len(others) == 5


def test_live_runs_that_are_no_sorted_set_postpone_their_job_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    leader = Leader(bench, JOB + "  b:\n    cron: '0 * * * *'\n    task: some.task\n")
    spoil(bench.redis, KEYS.live("a"), "string")
    leader.pass_by()

    assert [run.partition("@")[0] for run in leader.queued()] == ["b"]
    words = "WRONGTYPE scheduler::live:a is a string, expected a zset"
    assert caplog.text.count(f"occurrence.postponed job=a error={words!r}") == 1
    bench.redis.delete(KEYS.live("a"))
    leader.tick()
    assert [run.partition("@")[0] for run in leader.queued()] == ["b", "a"]
    assert leader.states("a") == ["queued"]
