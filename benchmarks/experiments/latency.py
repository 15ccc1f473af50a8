"""How late the messages of jobs that are due at one instant come to lie on their queue."""

import statistics

from benchmarks.experiments.bursts import Bursts, burst_jobs
from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.rounds import Rounds
from benchmarks.experiments.testbed import set_up

LIMIT_MS = 50.0
# Before each burst, for the account of the one before to be over.
_NOTICE_SECONDS = 1.0


def _run(rounds: Rounds, size: Size) -> None:
    with set_up(burst_jobs(size.jobs, size.period)) as bed:
        bed.lead()
        bed.start_beat()
        bed.wait_for_two()
        bursts = Bursts(bed, size.period, _NOTICE_SECONDS)
        bursts.watch()
        rounds.run(lambda chance: bursts.measure())


def _judge(rounds: Rounds) -> bool:
    for name in ("p50", "p99", "max"):
        values = rounds.values(name)
        print(f"{name:>4} late: median of the bursts {statistics.median(values):.1f} ms, most {max(values):.1f} ms")
    print(f"promised for the median p99: {LIMIT_MS:g} ms")
    return is_exact(rounds) and statistics.median(rounds.values("p99")) <= LIMIT_MS


LATENCY_KINDS = {
    "latency": Kind(
        "jobs are due at one instant: how late each message lies on its queue, by Redis's clock",
        Size(rounds=20, jobs=1_000, period=5),
        _run,
        _judge,
    ),
}
