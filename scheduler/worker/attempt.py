"""One attempt of a run: what the process that executes it knows of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.runs.claim import Claimed, Claims
from scheduler.worker.ledger import Ledger
from scheduler.worker.masking import Masker
from scheduler.worker.run import Run


@dataclass(slots=True, eq=False)
class Attempt:
    """A run that this process has claimed. `masker` is set once the secrets of its arguments are known.

    `retries` is Celery's own count, with which the message came.
    """

    claim: Claimed
    run: Run
    ledger: Ledger
    claims: Claims
    policy: RetryPolicy
    retries: int = 0
    masker: Masker = field(default_factory=lambda: Masker(()))

    def __post_init__(self) -> None:
        self.run = replace(self.run, attempt=self.claim.attempt)


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_lock = threading.Lock()
_in_hand: dict[str, Attempt] = {}


def current_attempt() -> Attempt | None:
    """Return the attempt at hand; in a thread that a task started, the only one of this process if there is one."""
    own = _CURRENT.get()
    if own is not None:
        return own
    with _lock:
        return next(iter(_in_hand.values())) if len(_in_hand) == 1 else None


@contextmanager
def in_hand(attempt: Attempt) -> Iterator[None]:
    """Make it the current one of this thread."""
    reset = _CURRENT.set(attempt)
    with _lock:
        _in_hand[attempt.claim.token] = attempt
    try:
        yield
    finally:
        with _lock:
            _in_hand.pop(attempt.claim.token, None)
        _CURRENT.reset(reset)
