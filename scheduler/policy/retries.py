"""Decide when a run that went wrong is tried again."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

MOST_RETRIES = 1_000
# A run whose worker is lost again and again may be what kills it: after so many reruns it is left alone.
LEAST_RERUNS = 2

_LONGEST = timedelta(days=36_525)
# By then the shortest backoff has reached the longest bound.
_MOST_DOUBLINGS = 40
_RETRIED = frozenset({"failed", "timed_out"})


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `most` further attempts, after outcomes in `on`: the first after `backoff`, each later one after twice
    the time before, up to `max_backoff`. With `jitter` a delay is shortened by up to half.
    """

    most: int = 0
    backoff: timedelta = timedelta(seconds=10)
    max_backoff: timedelta = timedelta(hours=1)
    jitter: bool = True
    on: frozenset[str] = _RETRIED

    def header(self) -> dict[str, Any]:
        """Return the form in which a message carries it to its worker. Durations are in seconds."""
        return {
            "max": self.most,
            "backoff": self.backoff.total_seconds(),
            "max_backoff": self.max_backoff.total_seconds(),
            "jitter": self.jitter,
            "on": sorted(self.on),
        }

    @classmethod
    def of_header(cls, header: object) -> Self:
        """Read a message's form; None is that of a job without retries. Raises ValueError for anything else."""
        if header is None:
            return cls()
        try:
            found = cls._read(header)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"the retries {header!r} cannot be read: {error!r}") from None
        if not found.is_bounded:
            raise ValueError(f"the retries {header!r} are out of bounds")
        return found

    @classmethod
    def _read(cls, header: Any) -> Self:
        if type(header["max"]) is not int or type(header["jitter"]) is not bool:
            raise TypeError("max is no number, or jitter neither true nor false")
        return cls(
            most=header["max"],
            backoff=timedelta(seconds=header["backoff"]),
            max_backoff=timedelta(seconds=header["max_backoff"]),
            jitter=header["jitter"],
            on=frozenset(header["on"]),
        )

    @property
    def is_bounded(self) -> bool:
        """Whether no number is so large, and no outcome so strange, that nobody can have meant it."""
        delays = (self.backoff, self.max_backoff)
        return (
            0 <= self.most <= MOST_RETRIES
            and all(timedelta(0) <= delay <= _LONGEST for delay in delays)
            and self.on <= _RETRIED
        )


def retry_delay(retries: Retries, outcome: str, run_id: str, attempt: int) -> timedelta | None:
    """Return how long after an attempt that ended so the next one begins; None where there is no next one.

    Attempts count from 1. The same attempt of the same run has the same delay, whoever works it out.
    """
    if attempt > retries.most or outcome not in retries.on:
        return None
    doublings = min(attempt - 1, _MOST_DOUBLINGS)
    seconds = min(retries.backoff.total_seconds() * 2**doublings, retries.max_backoff.total_seconds())
    return timedelta(seconds=seconds * (1 - _half(run_id, attempt)) if retries.jitter else seconds)


def last_rerun(retries: Retries, *, rerun: bool) -> int | None:
    """Return the number of the last attempt after whose loss the run begins again; None where it never does.

    A rerun counts as an attempt, so that `retries` may allow more of them.
    """
    return max(retries.most, LEAST_RERUNS) if rerun else None


def _half(run_id: str, attempt: int) -> float:
    """Return a number from 0 to a half that looks like chance."""
    digest = hashlib.blake2b(f"{run_id} {attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**65
