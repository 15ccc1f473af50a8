"""Beats on hosts with wrong clocks: real beats, with libfaketime between them and the kernel."""

import importlib.util
import random
import signal
from collections.abc import Iterator
from itertools import chain, cycle
from pathlib import Path

from benchmarks.experiments.blows import strike_leader
from benchmarks.experiments.bursts import Blow
from benchmarks.experiments.kills import judge, led
from benchmarks.experiments.kind import Kind, Size
from benchmarks.experiments.rounds import Rounds, Row
from benchmarks.experiments.testbed import Testbed

AHEAD_SECONDS = 600
# One beat after the other, so that a wrong one always stands beside a right one.
_CLOCKS = (AHEAD_SECONDS, 0, -AHEAD_SECONDS, 0)
_LIBRARY = "libfaketime.so.1"


def find_libfaketime() -> Path | None:
    """Return the library of the package from the index, or that of the distribution; None where neither is there."""
    spec = importlib.util.find_spec("libfaketime")
    package = Path(spec.origin).parent if spec and spec.origin else Path("libfaketime")
    found = chain([package / "vendor/libfaketime/src" / _LIBRARY], Path("/usr/lib").glob(f"*/faketime/{_LIBRARY}"))
    return next((library for library in found if library.exists()), None)


def _clocks() -> Iterator[dict[str, str]]:
    """Yield the environment of one beat after the other. The monotonic clock is left as it is: no host's is wrong."""
    library = find_libfaketime()
    if library is None:
        raise SystemExit("libfaketime is not there, expected the package of this name, or the distribution's faketime")
    preloaded = {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    return cycle([{**preloaded, "FAKETIME": f"{ahead:+d}"} if ahead else {} for ahead in _CLOCKS])


def _blow(bed: Testbed) -> Blow:
    strike = strike_leader(bed, signal.SIGKILL, in_turn=True)

    def blow(chance: random.Random, moment: float) -> Row:
        leader = bed.leader()
        assert leader is not None
        return {"ahead": round(bed.announced(leader)["clock_ahead"])} | strike(chance, moment)

    return blow


def _run(rounds: Rounds, size: Size) -> None:
    led(lambda bed, size: _blow(bed), environments=_clocks())(rounds, size)


def _judge(rounds: Rounds) -> bool:
    led_by = [sum(row["ahead"] == ahead for row in rounds.rows) for ahead in (AHEAD_SECONDS, -AHEAD_SECONDS, 0)]
    print("rounds led by a clock that is ahead: {}, behind: {}, right: {}".format(*led_by))
    return judge(rounds) and all(led_by)


SKEW_KINDS = {
    "skew": Kind(
        "the leader's clock is ten minutes ahead or behind, that of the beat beside it is right; kill -9 of the leader",
        Size(rounds=12, jobs=300, period=3),
        _run,
        _judge,
    ),
}
