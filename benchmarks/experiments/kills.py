"""The experiments in which a blow falls in the midst of a burst, and every run must come exactly once."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks.experiments.blows import (
    FORGOTTEN_SECONDS,
    fail_power,
    freeze_leader,
    freeze_one,
    kill_server,
    strike_leader,
)
from benchmarks.experiments.bursts import Blow, Bursts, burst_jobs
from benchmarks.experiments.forced_leader import TOKEN
from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.rounds import Rounds
from benchmarks.experiments.testbed import KEYS, Testbed, set_up

# Before a burst, for those who lead to notice that they do; and for power to fail, that enough has been written before.
_NOTICE_SECONDS = 0.3
_NOTICE_OF_POWER_SECONDS = 2.5
_FORCED_LEADER = Path(__file__).parent / "forced_leader.py"

BlowOf = Callable[[Testbed, Size], Blow]


def led(
    blow_of: BlowOf,
    fsync: str = "everysec",
    notice: float = _NOTICE_SECONDS,
    environments: Iterable[Mapping[str, str]] | None = None,
    *,
    by_proxy: bool = False,
) -> Callable[[Rounds, Size], None]:
    """Return how to strike at a service of one leader and one standby."""

    def run(rounds: Rounds, size: Size) -> None:
        with set_up(burst_jobs(size.jobs, size.period), fsync, environments, by_proxy=by_proxy) as bed:
            bed.lead()
            bed.start_beat()
            bed.wait_for_two()
            bursts = Bursts(bed, size.period, notice)
            bursts.watch()
            blow = blow_of(bed, size)
            rounds.run(lambda chance: bursts.round(chance, blow, lambda: bed.leader() and bed.standby()))

    return run


def _forced(rounds: Rounds, size: Size) -> None:
    """Strike at two beats that both lead, whatever Redis says."""
    with set_up(burst_jobs(size.jobs, size.period)) as bed:
        bed.client.set(KEYS.lock, TOKEN)
        for _ in range(2):
            bed.start_beat("python", str(_FORCED_LEADER), PYTHONPATH=os.pathsep.join(sys.path))
        bed.wait_installed()
        bursts = Bursts(bed, size.period, _NOTICE_SECONDS)
        bursts.watch()
        rounds.run(lambda chance: bursts.round(chance, freeze_one(bed), lambda: len(bed.living()) == 2))


def judge(rounds: Rounds) -> bool:
    """Whether every run came exactly once, and beats that were asked to stop did so without an error."""
    struck = sum(0 < row["sent"] < row["jobs"] for row in rounds.rows)
    print(f"{struck} of the blows fell in the midst of a burst")
    return is_exact(rounds) and not any(row.get("exit", 0) > 0 for row in rounds.rows)


def _judge_forced(rounds: Rounds) -> bool:
    contested = sum(row["contested"] > 0 for row in rounds.rows)
    print(f"both wanted the same batch in {contested} rounds")
    return is_exact(rounds) and contested > 0


def _judge_power(rounds: Rounds) -> bool:
    again = [row["repeated"] + row["reread"] for row in rounds.rows]
    is_exact(rounds)
    print(f"the last {FORGOTTEN_SECONDS:g} s forgotten: {sum(again)} runs came again, at most {max(again)} in a round")
    return not rounds.total("lost") and all(row["repeated"] <= row["sent"] for row in rounds.rows)


KILL_KINDS = {
    "kill": Kind(
        "kill -9 of the leader, a standby takes over",
        Size(rounds=200, jobs=3_000, period=3),
        led(lambda bed, size: strike_leader(bed, signal.SIGKILL)),
        judge,
    ),
    "term": Kind(
        "SIGTERM to the leader, a standby takes over",
        Size(rounds=50, jobs=3_000, period=3),
        led(lambda bed, size: strike_leader(bed, signal.SIGTERM)),
        judge,
    ),
    "two-leaders": Kind(
        "two beats that both lead, one frozen now and then",
        Size(rounds=50, jobs=3_000, period=3),
        _forced,
        _judge_forced,
    ),
    "frozen": Kind(
        "the leader frozen for long, and woken with a plan of long ago",
        Size(rounds=10, jobs=3_000, period=3, seconds=30),
        led(lambda bed, size: freeze_leader(bed, size.seconds)),
        judge,
    ),
    "redis-always": Kind(
        "kill -9 of the server, appendfsync always",
        Size(rounds=30, jobs=3_000, period=3),
        led(lambda bed, size: kill_server(bed), fsync="always"),
        judge,
    ),
    "redis-everysec": Kind(
        "power fails: the last second of the server's writes is gone as well",
        Size(rounds=30, jobs=3_000, period=3),
        led(lambda bed, size: fail_power(bed), notice=_NOTICE_OF_POWER_SECONDS),
        _judge_power,
    ),
}
