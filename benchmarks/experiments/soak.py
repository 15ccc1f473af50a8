"""Many jobs of many periods for minutes on end, while the beats are killed in turn: was each run enqueued once?"""

import random
import signal
import time
from dataclasses import asdict
from datetime import datetime, timedelta

from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.ledger import QUEUE, Account, Window
from benchmarks.experiments.rounds import Rounds, Row
from benchmarks.experiments.testbed import KEYS, Testbed, now, set_up

_LONGEST_PERIOD = 60
# From one kill to the next, at random. A lease stands for four seconds: sometimes there is no one to follow.
_KILL_SECONDS = (2.0, 8.0)
_CLOSE_SECONDS = 10.0
_LOOK_SECONDS = 0.05
# What is due at the very moment at which is looked may have been dispatched or not.
_MOMENT = timedelta(seconds=1)
_LAST_SECONDS = 60.0  # for what nobody led to see


def soak_jobs(count: int) -> str:
    """Return a file of jobs of each period from a second to a minute, of which no occurrence may be left out."""
    rest = f"task: bench.task, queue: {QUEUE}, catch_up: all"
    return "jobs:\n" + "".join(f"  job-{n}: {{{_when(1 + n % _LONGEST_PERIOD)}, {rest}}}\n" for n in range(count))


def _when(period: int) -> str:
    return "cron: '* * * * *'" if period == _LONGEST_PERIOD else f"every: {period}s"


class Soak:
    """A service under way, and the accounts of what it has enqueued so far."""

    def __init__(self, bed: Testbed, chance: random.Random) -> None:
        self._bed = bed
        self._chance = chance
        self._after = now()
        self._kills = 0
        self._accounts: list[Account] = []

    def run(self, seconds: int) -> Row:
        """Kill in turn for so long, and account for all."""
        end = time.monotonic() + seconds
        kill, close = self._next_kill(), time.monotonic() + _CLOSE_SECONDS
        while time.monotonic() < end:
            self._bed.ledger.take()
            if time.monotonic() >= kill:
                self._kill()
                kill = self._next_kill()
            if time.monotonic() >= close and self._is_dispatched(until := now() - _MOMENT):
                self._close(until)
                close = time.monotonic() + _CLOSE_SECONDS
            time.sleep(_LOOK_SECONDS)
        self._close(now())
        return {"kills": self._kills} | self._sum()

    def _next_kill(self) -> float:
        return time.monotonic() + self._chance.uniform(*_KILL_SECONDS)

    def _kill(self) -> None:
        """Kill the beat that has lived longest, and start another."""
        self._bed.living()[0].stop(signal.SIGKILL)
        self._bed.start_beat()
        self._kills += 1

    def _is_dispatched(self, until: datetime) -> bool:
        return not self._bed.client.zcount(KEYS.schedule, 0, until.timestamp())

    def _close(self, until: datetime) -> None:
        self._accounts.append(self._bed.settle(Window(self._after, until), _LAST_SECONDS))
        self._after = until

    def _sum(self) -> Row:
        accounts = [asdict(one) for one in self._accounts]
        counts = {name: sum(one[name] for one in accounts) for name in accounts[0]}
        return counts | {"latest": max(one["latest"] for one in accounts)}


def _run(rounds: Rounds, size: Size) -> None:
    def one(chance: random.Random) -> Row:
        with set_up(soak_jobs(size.jobs)) as bed:
            bed.lead()
            bed.start_beat()
            bed.wait_for_two()
            return Soak(bed, chance).run(size.seconds)

    rounds.run(one)


def _judge(rounds: Rounds) -> bool:
    print(f"{rounds.total('kills')} kills; the latest run was {max(rounds.values('latest')):.1f} s late")
    return is_exact(rounds)


SOAK_KINDS = {
    "soak": Kind(
        "jobs of every second to every minute, two beats killed in turn every few seconds, for minutes on end",
        Size(rounds=1, jobs=20_000, seconds=600),
        _run,
        _judge,
    ),
}
