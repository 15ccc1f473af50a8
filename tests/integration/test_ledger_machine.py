"""Overlap policies, retries and pools, by chance: what must hold of the ledger whatever happens, in whichever order.

Beat, a leader, three workers that die, freeze and stop, messages that vanish or come twice, and people who cancel.
After each step the whole ledger is looked at; at the end of each sequence everything has to come to its end.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis import Redis

from scheduler.jobs import message
from scheduler.policy import Overlap, OverlapPolicy, RunRules
from scheduler.store.extra import Extra
from scheduler.store.keys import Keys
from scheduler.store.queues import note_used
from scheduler.store.runs.cancel import cancel
from scheduler.store.runs.claim import LEASE, Claimed, Claims, Ending, Kept
from scheduler.store.runs.tend import Tending
from tests.integration.overlapping_beat import DueJob, OverlappingBeat
from tests.servers import client_url, embedded_valkey, flush, running_server

KEYS = Keys("scheduler:")
LIST = "scheduler"
SECOND = timedelta(seconds=1)
MOST_ATTEMPTS = 3
POOLS = {"db": 2, "gpu": 2}
DB, BOTH, GPU = (("db", 1),), (("db", 1), ("gpu", 1)), (("gpu", 2),)
WORKERS = ("one", "two", "three")


def a_job(name: str, overlap: Overlap, limit: int = 1, priority: int = 5, **rules: Any) -> DueJob:
    return DueJob(name, Extra(priority=priority, rules=RunRules(OverlapPolicy(overlap, limit), **rules)))


JOBS = (
    a_job("skips", Overlap.SKIP, reruns=2),
    a_job("follows", Overlap.QUEUE, uses=DB),
    a_job("queues", Overlap.QUEUE, limit=2, reruns=1),
    a_job("replaces", Overlap.REPLACE, uses=DB, reruns=2),
    a_job("urgent", Overlap.ALLOW, uses=DB, priority=9),
    a_job("both", Overlap.ALLOW, uses=BOTH),
    a_job("large", Overlap.ALLOW, uses=GPU),
    a_job("modest", Overlap.ALLOW, uses=DB, priority=0, expires=20 * SECOND),
    a_job("greedy", Overlap.SKIP, uses=(("db", 5),), priority=3),
)
OF_NAME = {job.name: job for job in JOBS}

number = st.integers(0, 1_000)


def job_of(run_id: str) -> DueJob:
    return OF_NAME[run_id.partition("@")[0]]


class LedgerMachine(RuleBasedStateMachine):
    """One sequence, on a server that is empty at its beginning."""

    address: Path

    def __init__(self) -> None:
        super().__init__()
        flush(self.address)
        self.client: Any = Redis.from_url(client_url(self.address), decode_responses=True)
        self.now = datetime(2026, 1, 2, 12, tzinfo=UTC)
        self.beat = OverlappingBeat(self.client, KEYS, LIST)
        self.tending = Tending(self.client, KEYS, message.RUN_ID)
        self.workers = {name: Claims(self.client, KEYS, f"{name}@host/1") for name in WORKERS}
        # What each worker believes to be running, and what the ledger was last heard to say of it.
        self.held: dict[str, list[Claimed]] = {name: [] for name in WORKERS}
        self.holder: dict[str, Claimed] = {}
        self.runs: list[str] = []
        self.outcomes: dict[str, str] = {}
        self.tokens = 0
        note_used(self.client, KEYS, [LIST])
        self.client.hset(KEYS.pools, mapping=POOLS)

    def teardown(self) -> None:
        try:
            self.everything_comes_to_its_end()
        finally:
            self.client.close()

    # --- what happens --------------------------------------------------------

    @initialize(jobs=st.lists(st.sampled_from(JOBS), min_size=1, max_size=3, unique_by=lambda job: job.name))
    def there_are_jobs(self, jobs: list[DueJob]) -> None:
        self.jobs = jobs

    @rule(which=number)
    def something_is_due(self, which: int) -> None:
        self.now += timedelta(milliseconds=1)
        self.runs.append(self.beat.dispatch(self.jobs[which % len(self.jobs)], self.now))

    @rule(which=st.lists(number, min_size=2, max_size=6))
    def several_are_due(self, which: list[int]) -> None:
        for one in which:
            self.something_is_due(one)

    @rule(which=number)
    def a_worker_takes_a_message(self, which: int) -> None:
        text = self.client.rpop(LIST)
        if text is not None:
            self.claim(WORKERS[which % len(WORKERS)], json.loads(text)["headers"][message.RUN_ID])

    @rule()
    def a_message_vanishes(self) -> None:
        self.client.rpop(LIST)

    @rule(which=number)
    def a_message_comes_twice(self, which: int) -> None:
        if self.runs:
            run_id = self.runs[which % len(self.runs)]
            self.client.lpush(LIST, json.dumps({"headers": {message.RUN_ID: run_id}}))

    @rule(which=number, outcome=st.sampled_from(["succeeded", "failed", "timed_out"]))
    def a_run_ends(self, which: int, outcome: str) -> None:
        name, claim = self.pick(which)
        if claim is not None:
            self.held[name].remove(claim)
            done = self.workers[name].finish(claim, Ending(outcome), self.now)
            assert done == (self.holder.get(claim.run_id) == claim)
            self.release_holder(claim)

    @rule(which=number, delay=st.integers(0, 30), native=st.booleans())
    def an_attempt_fails(self, which: int, delay: int, native: bool) -> None:
        name, claim = self.pick(which)
        if claim is not None and claim.attempt < MOST_ATTEMPTS:
            self.held[name].remove(claim)
            retries = claim.attempt if native else None
            done = self.workers[name].retry(claim, Ending("failed"), self.now + delay * SECOND, self.now, retries)
            assert done == (self.holder.get(claim.run_id) == claim)
            self.release_holder(claim)

    @rule(which=number)
    def a_worker_is_killed(self, which: int) -> None:
        self.held[WORKERS[which % len(WORKERS)]].clear()

    @rule(which=number)
    def a_worker_stops(self, which: int) -> None:
        name = WORKERS[which % len(WORKERS)]
        ours = [claim for claim in self.held[name] if self.holder.get(claim.run_id) == claim]
        runs = list(dict.fromkeys(claim.run_id for claim in self.held[name]))
        self.workers[name].lose(runs, "worker_stopped", self.now)
        self.held[name].clear()
        for claim in ours:
            self.release_holder(claim)

    @rule(which=number)
    def a_worker_renews_its_leases(self, which: int) -> None:
        name = WORKERS[which % len(WORKERS)]
        claims = {claim.run_id: claim for claim in self.held[name]}
        for run_id, kept in self.workers[name].renew(list(claims), self.now).items():
            if kept is Kept.NOT_OURS:
                assert self.holder.get(run_id) not in self.held[name]
                self.held[name] = [claim for claim in self.held[name] if claim.run_id != run_id]
            elif kept is Kept.TO_CANCEL:
                self.held[name] = [claim for claim in self.held[name] if claim.run_id != run_id]
                assert self.workers[name].end(run_id, Ending("cancelled"), self.now)
                del self.holder[run_id]

    @rule(which=number)
    def somebody_cancels_a_run(self, which: int) -> None:
        if self.runs:
            cancel(self.client, KEYS, self.runs[which % len(self.runs)], "ada", self.now)

    @rule(seconds=st.sampled_from([1, 5, 16, 61]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def the_leader_tends(self) -> None:
        for run_id in self.tending.tend(self.now, [LIST]).lost:
            self.holder.pop(run_id, None)

    @rule()
    def the_leader_lets_held_runs_go(self) -> None:
        lines = {pool: self.client.zrange(KEYS.held_by(pool), 0, -1) for pool in POOLS}
        released = self.release_all()
        for line in lines.values():
            left = [run for run in line if run not in released and self.state(run) == "waiting"]
            gone = [run for run in line if run in released]
            # Nobody was overtaken by one that stood behind.
            assert not left or not gone or line.index(gone[-1]) < line.index(left[0])
        self.nothing_is_stuck()

    @rule(pool=st.sampled_from(sorted(POOLS)))
    def a_pool_grows(self, pool: str) -> None:
        self.client.hincrby(KEYS.pools, pool, 1)
        self.client.sadd(KEYS.look, f"p{pool}")

    # --- what must hold ------------------------------------------------------

    @invariant()
    def pools_are_not_overfull(self) -> None:
        sizes = {pool: int(size) for pool, size in self.client.hgetall(KEYS.pools).items()}
        for pool, size in sizes.items():
            holders = {run: int(slots) for run, slots in self.client.hgetall(KEYS.pool(pool)).items()}
            # One that wants more than there is has the pool for itself.
            assert sum(holders.values()) <= size or len(holders) == 1, (pool, holders)
            for run in holders:
                assert self.state(run) in ("queued", "running", "retrying"), (pool, run, self.state(run))
            for run in self.holder:
                wants = job_of(run).uses.get(pool)
                assert wants is None or holders.get(run) == wants, (pool, run, holders)

    @invariant()
    def jobs_run_alone_that_are_to(self) -> None:
        for job in JOBS:
            going = [
                run
                for run in self.live(job.name)
                if job.is_alone and self.state(run) in ("queued", "running", "retrying")
            ]
            assert len(going) <= 1, going

    @invariant()
    def outcomes_are_given_once(self) -> None:
        for run in self.runs:
            state, outcome = self.client.hmget(KEYS.run(run), "state", "outcome")
            assert (state == "ended") == (outcome is not None), (run, state, outcome)
            assert outcome == self.outcomes.get(run, outcome), run
            if outcome is not None:
                self.outcomes[run] = outcome
                assert run not in self.holder, run

    @invariant()
    def leases_are_those_of_what_runs(self) -> None:
        assert set(self.client.zrange(KEYS.leases, 0, -1)) == set(self.holder)

    def everything_comes_to_its_end(self) -> None:
        """Let nothing new happen, and the workers do their work: every run ends, and nothing is left of any."""
        for name in WORKERS:
            self.held[name].clear()
        for _ in range(10 * len(self.runs) + 10):
            if all(run in self.outcomes for run in self.runs):
                break
            self.now += LEASE
            self.the_leader_tends()
            self.the_leader_lets_held_runs_go()
            while text := self.client.rpop(LIST):
                run_id = json.loads(text)["headers"][message.RUN_ID]
                claim = self.claim("one", run_id)
                if claim is not None:
                    self.held["one"].remove(claim)
                    assert self.workers["one"].finish(claim, Ending("succeeded"), self.now)
                    self.release_holder(claim)
                self.check()
            self.check()
        assert [run for run in self.runs if run not in self.outcomes] == []
        self.release_all()
        assert self.leftovers() == []

    def nothing_is_stuck(self) -> None:
        """Of those whose turn it is, the first of all in line is held back by nothing but pools that are full."""
        waiting = [run for run in self.client.zrange(KEYS.held, 0, -1) if self.is_first_of_its_job(run)]
        if not waiting:
            return
        uses = job_of(waiting[0]).uses
        assert uses, waiting[0]
        assert any(self.is_full(pool, slots) for pool, slots in uses.items()), waiting[0]

    # --- how it is looked at -------------------------------------------------

    def claim(self, name: str, run_id: str) -> Claimed | None:
        self.tokens += 1
        row = self.client.hmget(KEYS.run(run_id), "state", "native")
        # The message of a retry that Celery itself sent bears its count.
        retries = int(row[1]) if row[0] == "retrying" and row[1] else 0
        claim = self.workers[name].claim(run_id, f"t{self.tokens}", self.now, retries)
        if not isinstance(claim, Claimed):
            return None
        assert run_id not in self.holder, "it is claimed twice"
        self.holder[run_id] = claim
        self.held[name].append(claim)
        return claim

    def pick(self, which: int) -> tuple[str, Claimed | None]:
        claims = [(name, claim) for name in WORKERS for claim in self.held[name]]
        return claims[which % len(claims)] if claims else (WORKERS[0], None)

    def release_holder(self, claim: Claimed) -> None:
        if self.holder.get(claim.run_id) == claim:
            del self.holder[claim.run_id]

    def release_all(self) -> set[str]:
        """Let go until nothing has changed any more."""
        released: set[str] = set()
        for _ in range(100):
            if not self.client.exists(KEYS.look):
                return released
            released.update(self.tending.release(self.now))
        raise AssertionError("the leader never comes to an end")

    def check(self) -> None:
        self.pools_are_not_overfull()
        self.jobs_run_alone_that_are_to()
        self.outcomes_are_given_once()
        self.leases_are_those_of_what_runs()

    def live(self, job: str) -> list[str]:
        return list(self.client.zrange(KEYS.live(job), 0, -1))

    def state(self, run_id: str) -> str | None:
        found: str | None = self.client.hget(KEYS.run(run_id), "state")
        return found

    def is_first_of_its_job(self, run_id: str) -> bool:
        job = job_of(run_id)
        return not job.is_alone or self.live(job.name)[:1] == [run_id]

    def is_full(self, pool: str, slots: int) -> bool:
        taken = sum(map(int, self.client.hvals(KEYS.pool(pool))))
        return taken > 0 and taken + slots > int(self.client.hget(KEYS.pools, pool))

    def leftovers(self) -> list[str]:
        names = ("message", "live", "waiting", "leases", "retries", "held", "expiring", "pool:", "look")
        return sorted(key for key in self.client.keys("*") if any(f"::{name}" in key for name in names))


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


def run(address: Path, sequences: int) -> None:
    machine = type("Machine", (LedgerMachine,), {"address": address})
    how = settings(
        max_examples=sequences,
        stateful_step_count=40,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=how)


def test_whatever_happens_each_run_has_one_outcome_and_nothing_is_left(server: Path) -> None:
    run(server, 50)


@pytest.mark.slow
def test_a_thousand_sequences(server: Path) -> None:
    run(server, 1_000)
