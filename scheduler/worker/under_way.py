"""The runs that this worker's process has given to its pool and that have not ended."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from scheduler.jobs.backoff import RetryPolicy
from scheduler.worker.delivery import Delivery


@dataclass(slots=True, eq=False, weakref_slot=True)
class UnderWay:
    """A delivery in execution: by the process `pid`, where that is not the worker's own by the thread `thread`.

    `soft` and `hard` are its time limits in seconds, `since` is of the monotonic clock. `is_ours` once the ledger has
    said so; `asked` is when it was first asked to stop.
    """

    delivery: Delivery
    pid: int
    thread: int
    soft: float | None
    hard: float | None
    policy: RetryPolicy
    since: float = field(default_factory=time.monotonic)
    is_ours: bool = False
    asked: float | None = None
    is_cancelled: bool = False
    is_timed_out: bool = False


class RunsUnderWay:
    """Of one process. A request holds its own entry, so that what is forgotten by Celery is forgotten here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: WeakValueDictionary[str, UnderWay] = WeakValueDictionary()

    def add(self, one: UnderWay) -> None:
        """Note that it has begun."""
        with self._lock:
            self._by_token[one.delivery.token] = one

    def remove(self, one: UnderWay) -> None:
        """Note that it has ended."""
        with self._lock:
            self._by_token.pop(one.delivery.token, None)

    def __iter__(self) -> Iterator[UnderWay]:
        with self._lock:
            return iter(list(self._by_token.values()))
