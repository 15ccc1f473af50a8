"""What the kinds of experiments have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.experiments.ledger import WRONG
from benchmarks.experiments.rounds import Rounds


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it. What a kind has no use for is 0: `seconds` are how long something lasts in each round."""

    rounds: int
    jobs: int
    period: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of experiment: what happens, its usual size, how it is carried out, and what must hold of it.

    `judge` prints what came of the rounds, and returns whether it is what was promised.
    """

    what: str
    usual: Size
    run: Callable[[Rounds, Size], None]
    judge: Callable[[Rounds], bool]


def is_exact(rounds: Rounds) -> bool:
    """Print the account of all rounds; whether each run came exactly once, on time and with its row."""
    counts = ", ".join(f"{rounds.total(name)} {name}" for name in WRONG)
    print(f"{rounds.total('expected')} runs due in {len(rounds.rows)} rounds: {counts}")
    return not any(rounds.total(name) for name in WRONG)
