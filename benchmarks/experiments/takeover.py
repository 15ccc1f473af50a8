"""How late the next due job is when the leader has gone: killed, so that its lease has to end, or stopped in order."""

import math
import random
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.rounds import Rounds, Row, spread
from benchmarks.experiments.steady import Steady, steady_jobs
from benchmarks.experiments.testbed import Testbed, set_up, sleep_until

KILLED_LIMIT_SECONDS = 5.0
STOPPED_LIMIT_SECONDS = 1.0


def _round(bed: Testbed, steady: Steady, chance: random.Random, number: signal.Signals) -> Row:
    """Strike the leader at a random moment, and see when the runs come that are due next."""
    bed.wait_for_two()
    leader = bed.leader()
    assert leader is not None
    sleep_until(math.ceil(time.time()) + chance.uniform(0, 1))
    leader.process.send_signal(number)
    struck = time.time()
    came = steady.first(datetime.fromtimestamp(struck, UTC))
    code = leader.process.wait(30)
    account = steady.close()
    bed.start_beat()
    return {"late": round(came - math.ceil(struck), 3), "exit": code} | asdict(account)


def _going(number: signal.Signals) -> Callable[[Rounds, Size], None]:
    def run(rounds: Rounds, size: Size) -> None:
        with set_up(steady_jobs(size.jobs)) as bed:
            bed.lead()
            bed.start_beat()
            steady = Steady(bed)
            rounds.run(lambda chance: _round(bed, steady, chance, number))

    return run


def _judge(limit: float) -> Callable[[Rounds], bool]:
    def judge(rounds: Rounds) -> bool:
        late = rounds.values("late")
        print(f"the next due run was late: {spread(late)}, promised {limit:g} s")
        stopped_well = all(row["exit"] <= 0 for row in rounds.rows)
        return is_exact(rounds) and stopped_well and max(late) <= limit

    return judge


TAKEOVER_KINDS = {
    "failover": Kind(
        "the leader is killed, and the standby has to wait for the end of its lease",
        Size(rounds=50, jobs=10),
        _going(signal.SIGKILL),
        _judge(KILLED_LIMIT_SECONDS),
    ),
    "handover": Kind(
        "the leader is stopped in order",
        Size(rounds=50, jobs=10),
        _going(signal.SIGTERM),
        _judge(STOPPED_LIMIT_SECONDS),
    ),
}
