"""One attempt of a run: what the process that executes it knows of it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from redis.exceptions import OutOfMemoryError

from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.runs.claim import Claimed, Claims
from scheduler.worker.ledger import Ledger
from scheduler.worker.log.passed_on import PassedOn
from scheduler.worker.log.run_log import RunLog
from scheduler.worker.masking import Masker
from scheduler.worker.run import Run


@dataclass(slots=True, eq=False)
class Attempt:
    """A run that this process has claimed. `masker` is what masks the secrets of its arguments, once they are known.

    `retries` is Celery's own count, with which the message came; `pid` is the process that executes it.
    """

    claim: Claimed
    run: Run
    ledger: Ledger
    claims: Claims
    policy: RetryPolicy
    retries: int = 0
    masker: Masker = field(default_factory=lambda: Masker(()))
    pid: int = field(default_factory=os.getpid)
    log: RunLog = field(init=False)
    passed_on: PassedOn = field(init=False)
    _progress: tuple[float, str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.run = replace(self.run, attempt=self.claim.attempt, tell=self.tell_progress)
        self.log = RunLog(self.ledger.client, self.ledger.keys, self.claim.run_id, self.claim.attempt)
        self.passed_on = PassedOn(self.claim.run_id)

    def mask(self, masker: Masker) -> None:
        """Mask these secrets in whatever the run says from now on."""
        self.masker = masker
        self.log.mask(masker)
        self.passed_on.mask(masker)

    def tell_progress(self, fraction: float, text: str) -> None:
        """Note how far the run is; the newest is sent with the next flush."""
        self._progress = (fraction, self.masker.text(text))

    def flush(self) -> None:
        """Send what the run has said. Raises redis.RedisError where Redis is away."""
        self.log.flush()
        progress, self._progress = self._progress, None
        if progress is not None:
            with suppress(OutOfMemoryError):
                self.claims.progress(self.claim, *progress, self.ledger.now())


_CURRENT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
_lock = threading.Lock()
_in_hand: dict[str, Attempt] = {}
# Those that no thread executes.
_held: dict[str, Attempt] = {}


def current_attempt() -> Attempt | None:
    """Return the attempt at hand; in a thread that a task started, the only one of this process if there is one.

    A process that a task forked has none: it is the parent that executes the run.
    """
    own = _CURRENT.get()
    if own is not None:
        return own if own.pid == os.getpid() else None
    with _lock:
        return next(iter(_in_hand.values())) if len(_in_hand) == 1 else None


def attempts_in_hand() -> list[Attempt]:
    """Return those of this process."""
    with _lock:
        return [*_in_hand.values(), *_held.values()]


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


def hold(attempt: Attempt) -> None:
    """Have what it says sent while it lasts; it is nobody's current one by that."""
    with _lock:
        _held[attempt.claim.token] = attempt


def let_go(attempt: Attempt) -> None:
    """It is over."""
    with _lock:
        _held.pop(attempt.claim.token, None)


def _forget() -> None:
    """A forked child has no runs of its parent, and the lock may be held by a thread that is gone."""
    global _lock
    _lock = threading.Lock()
    _in_hand.clear()
    _held.clear()


os.register_at_fork(after_in_child=_forget)
