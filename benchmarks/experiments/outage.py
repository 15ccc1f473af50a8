"""The server away for long: shut down and started again, or hanging with every connection open."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict

from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.rounds import Rounds, Row, spread
from benchmarks.experiments.server import DurableServer
from benchmarks.experiments.steady import Steady, steady_jobs
from benchmarks.experiments.testbed import Testbed, now, set_up

LIMIT_SECONDS = 3.0

Away = Callable[[DurableServer], AbstractContextManager[None]]


def _round(bed: Testbed, steady: Steady, chance: random.Random, away: Away, seconds: int) -> Row:
    """Take the server away, and see how soon after its return runs are dispatched, and that all are."""
    bed.wait_for_two()
    time.sleep(chance.uniform(0, 1))
    with away(bed.server):
        gone = now()
        time.sleep(seconds)
        alive = len(bed.living())
    back = time.time()
    # What was due before may have been dispatched before.
    first = steady.first(gone) - back
    return {"alive": alive, "first": round(first, 3)} | asdict(steady.close())


def _going(away: Away) -> Callable[[Rounds, Size], None]:
    def run(rounds: Rounds, size: Size) -> None:
        with set_up(steady_jobs(size.jobs)) as bed:
            bed.lead()
            bed.start_beat()
            steady = Steady(bed)
            rounds.run(lambda chance: _round(bed, steady, chance, away, size.seconds))

    return run


def _judge(rounds: Rounds) -> bool:
    first = rounds.values("first")
    alive = all(row["alive"] == 2 for row in rounds.rows)
    print(f"beat and standby {'lived on' if alive else 'DIED'}")
    print(f"first dispatch after the return: {spread(first)}, promised {LIMIT_SECONDS:g} s")
    return is_exact(rounds) and alive and max(first) <= LIMIT_SECONDS


OUTAGE_KINDS = {
    "away": Kind(
        "the server is shut down, and started again after a minute",
        Size(rounds=3, jobs=50, seconds=60),
        _going(DurableServer.away),
        _judge,
    ),
    "hanging": Kind(
        "the server hangs for a minute with all connections open, as behind a network that is cut",
        Size(rounds=3, jobs=50, seconds=60),
        _going(DurableServer.hanging),
        _judge,
    ),
}
