"""How often an attempt that ended badly is followed by another, and after how long. Pure."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

RETRIED_OUTCOMES = frozenset({"failed", "timed_out"})
# A float holds no more.
_MOST_DOUBLINGS = 1_000
# Longer than any file may say, and short enough to be added to a date.
_LONGEST = timedelta(days=3_660)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `max` further attempts, after outcomes that are in `on`.

    The wait before the second attempt is `backoff`, and twice as long before each further one, up to `max_backoff`.
    `jitter`, from 0 to 1, is the share of a wait that may be left out, so that what failed together does not return
    together.
    """

    max: int = 0
    backoff: timedelta = timedelta(seconds=30)
    max_backoff: timedelta = timedelta(hours=1)
    jitter: float = 0.1
    on: frozenset[str] = RETRIED_OUTCOMES

    def wait(self, run_id: str, attempt: int, outcome: str) -> timedelta | None:
        """Return how long after the end of this attempt the next one is due; None where there is to be none.

        `attempt` counts from 1. The same run and attempt wait the same, whoever computes it.
        """
        if outcome not in self.on or attempt > self.max:
            return None
        doubled = self.backoff.total_seconds() * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
        whole = min(doubled, self.max_backoff.total_seconds())
        return timedelta(seconds=whole * (1 - self.jitter * _chance(f"{run_id} {attempt}")))

    def header(self) -> str:
        """Write it as the message's header holds it."""
        return json.dumps(
            {
                "max": self.max,
                "backoff": self.backoff.total_seconds(),
                "max_backoff": self.max_backoff.total_seconds(),
                "jitter": self.jitter,
                "on": sorted(self.on),
            }
        )

    @classmethod
    def of_header(cls, text: str) -> Self:
        """Read a header; what it leaves out is as usual. Raises ValueError for what is none."""
        try:
            said: dict[str, Any] = json.loads(text)
            usual = cls()
            return cls(
                max=int(said.get("max", usual.max)),
                backoff=_seconds(said.get("backoff"), usual.backoff),
                max_backoff=_seconds(said.get("max_backoff"), usual.max_backoff),
                jitter=min(1.0, max(0.0, float(said.get("jitter", usual.jitter)))),
                on=frozenset(map(str, said.get("on", usual.on))),
            )
        except (TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f'"{text}" is no retry policy: {error}') from None


def _seconds(value: float | None, usual: timedelta) -> timedelta:
    return usual if value is None else min(_LONGEST, timedelta(seconds=max(0.0, float(value))))


def _chance(text: str) -> float:
    """Return a number in [0, 1) that is the text's own."""
    return int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:6]) / 2**48
