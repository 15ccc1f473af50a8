"""How late a beat's latest dispatches were, in the form in which it tells others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Lag:
    """A summary of some dispatches. Lateness is in seconds, from the dispatch time to Redis's answer.

    `since` is when the first of them was dispatched, in seconds since the epoch by Redis's clock.
    """

    dispatches: int
    since: float
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, since: float, lateness: Sequence[float]) -> Self:
        """Summarise at least one lateness."""
        ordered = sorted(lateness)
        return cls(len(ordered), since, _percentile(ordered, 50), _percentile(ordered, 99), ordered[-1])


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least `percent` of them do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]
