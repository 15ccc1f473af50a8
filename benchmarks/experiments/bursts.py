"""Bursts with a blow to each: what was due since the last one, and what came of it."""

import random
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from benchmarks.experiments.arrivals import arrivals
from benchmarks.experiments.ledger import QUEUE, Account, Window
from benchmarks.experiments.rounds import Row
from benchmarks.experiments.testbed import Testbed, now
from scheduler.store.lag import Lag

# The blow may fall this long before the burst.
_EARLIEST_SECONDS = 0.01
_LONGEST_BURST_SECONDS = 60.0

# Carries out a blow at a moment, in seconds since the epoch, and returns when the service may be whole again.
Blow = Callable[[random.Random, float], Row]


class Bursts:
    """A burst each `period` seconds, a blow to some, and the account of all; each blow gets `notice` seconds of it."""

    def __init__(self, bed: Testbed, period: int, notice: float) -> None:
        self._bed = bed
        self._period = period
        self._notice = notice
        self._span = 0.0
        self._after = now()

    def watch(self) -> None:
        """Let three bursts go by, and note how long one takes: the first has everything used once."""
        self._span = min([max(self._burst()) for _ in range(3)][1:])
        account = self._close(now())
        assert account.is_exact, account
        print(f"a burst of {len(self._bed.schedules.jobs)} takes {self._span:.2f} s", flush=True)

    def round(self, chance: random.Random, blow: Blow, ready: Callable[[], object]) -> Row:
        """Strike at a random moment of the next burst, and account for all that was due since the last round."""
        self._bed.wait(ready, "the service to be whole")
        self._bed.drain(now())
        due = self._following()
        offset = chance.uniform(-_EARLIEST_SECONDS, self._span)
        told = blow(chance, due + offset)
        # What is due while nobody leads is part of it.
        account = self._close(max(now(), datetime.fromtimestamp(due, UTC)))
        return {"offset": round(offset, 3)} | told | asdict(account)

    def measure(self) -> Row:
        """Let the next burst go by, and say how late its messages lay on the queue, in milliseconds."""
        lag = Lag.of(0, self._burst())
        account = self._close(now())
        late = {name: round(1000 * getattr(lag, name), 1) for name in ("p50", "p99", "max")}
        return late | asdict(account)

    def _burst(self) -> list[float]:
        """Return how late each message of the next burst was, in seconds."""
        self._bed.drain(now())
        due = self._following()
        return [at - due for at in arrivals(self._bed.client, len(self._bed.schedules.jobs), _LONGEST_BURST_SECONDS)]

    def _close(self, until: datetime) -> Account:
        account = self._bed.settle(Window(self._after, until))
        self._after = until
        return account

    def _following(self) -> float:
        at = time.time() + self._notice
        return at - at % self._period + self._period


def burst_jobs(jobs: int, period: int) -> str:
    """Return a file of jobs that are all due at the same instants, and of which no occurrence may be left out."""
    line = f"{{every: {period}s, task: bench.task, queue: {QUEUE}, catch_up: all}}"
    return "jobs:\n" + "".join(f"  job-{number}: {line}\n" for number in range(jobs))
