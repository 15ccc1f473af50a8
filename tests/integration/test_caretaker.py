"""The leader believes that leases ended only while it has looked without a break for as long as one lasts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.beat.caretaker import BELIEVED_AFTER_SECONDS, LONGEST_GAP, Caretaker
from scheduler.store.runs.claim import LEASE
from scheduler.store.runs.trim import Retention
from tests.integration.ledger_bench import KEYS, LedgerBench

RETENTION = Retention(1_000, timedelta(days=90), 1_000_000, 1_000_000)
SECOND = timedelta(seconds=1)


class Care:
    """A leader's care, turned by hand, and a worker that renews the lease of its one run, or is gone."""

    def __init__(self, bench: LedgerBench) -> None:
        self.bench = bench
        self.now = bench.now
        self.monotonic = 100.0
        self.caretaker = Caretaker(bench.client, KEYS, RETENTION, lambda: self.monotonic)
        self.run = bench.started("a", timedelta()).run_id

    def turns(self, span: timedelta, *, is_renewed: bool = False) -> None:
        for _ in range(span // SECOND):
            self.freeze(SECOND)
            if is_renewed:
                self.bench.claims.renew([self.run], self.now)
            self.caretaker.turn(self.now)

    def freeze(self, span: timedelta) -> None:
        self.now += span
        self.monotonic += span.total_seconds()

    @property
    def outcome(self) -> str:
        return str(self.bench.client.hget(KEYS.run(self.run), "outcome"))


@pytest.fixture
def care(redis_url: str, tmp_path: Path) -> Iterator[Care]:
    bench = LedgerBench(redis_url, tmp_path)
    yield Care(bench)
    bench.client.close()


def test_the_run_of_a_worker_that_is_gone_is_lost(care: Care) -> None:
    care.turns(timedelta(seconds=BELIEVED_AFTER_SECONDS + 2))
    assert care.outcome == "lost"


def test_no_lease_ended_while_the_leader_was_frozen(care: Care) -> None:
    care.turns(LEASE * 2, is_renewed=True)
    care.freeze(LEASE * 2)
    care.turns(SECOND)
    care.turns(LEASE * 2, is_renewed=True)
    assert care.outcome == "None"


def test_no_lease_ended_while_the_whole_machine_slept(care: Care) -> None:
    care.turns(LEASE * 2, is_renewed=True)
    # The monotonic clock of a machine that sleeps stands still.
    care.now += LEASE * 2
    care.turns(SECOND)
    care.turns(LEASE * 2, is_renewed=True)
    assert care.outcome == "None"


def test_a_worker_that_is_gone_is_found_out_after_all(care: Care) -> None:
    care.turns(LEASE * 2, is_renewed=True)
    care.freeze(LEASE * 2)
    care.turns(timedelta(seconds=BELIEVED_AFTER_SECONDS - 1))
    assert care.outcome == "None"
    care.turns(3 * SECOND)
    assert care.outcome == "lost"


def test_passes_that_take_long_are_no_break(care: Care) -> None:
    care.turns(LEASE * 2, is_renewed=True)
    for _ in range(4):
        care.freeze(LONGEST_GAP)
        care.caretaker.looked(care.now)
        care.freeze(LONGEST_GAP)
        care.caretaker.turn(care.now)
    assert care.outcome == "lost"
