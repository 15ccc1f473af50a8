"""How long a request may go on: until its time is up, or until somebody ends it from another thread.

Each wait of a request is here, so that a server which sends a byte now and then gets no more time than one that hangs.
"""

import select
import socket
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from scheduler.errors import SchedulerError
from scheduler.worker.interruption import Reason


class OutOfPatience(SchedulerError):
    """The request is not to go on, for this `reason`, after so many `seconds`; `doing` is what it was at."""

    def __init__(self, reason: Reason, seconds: float, doing: str) -> None:
        super().__init__(f"{reason} after {seconds:.1f} s, {doing}")
        self.reason: Reason = reason
        self.seconds = seconds
        self.doing = doing


class Patience:
    """Begins with the request; `seconds` are for all of it. `doing` says in words what they go by with."""

    doing = "before it began"

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._until = self._began + seconds
        self._reason: Reason | None = None
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._wake.close()
        self._waker.close()

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return time.monotonic() - self._began

    def interrupt(self, reason: Reason) -> None:
        """End it, from any thread."""
        self._reason = self._reason or reason
        # One byte wakes every wait to come; a full buffer holds it already.
        with suppress(BlockingIOError):
            self._waker.send(b"\0")

    def check(self) -> None:
        """Raise OutOfPatience if it is not to go on."""
        reason = self._reason or ("timed_out" if time.monotonic() >= self._until else None)
        if reason is not None:
            raise OutOfPatience(reason, self.seconds, self.doing)

    def wait(self, descriptor: int, events: int, until: float | None = None) -> bool:
        """Wait for these events of `select.poll`; say whether they came before `until`, by the monotonic clock.

        Raises OutOfPatience.
        """
        poll = select.poll()
        poll.register(descriptor, events)
        poll.register(self._wake, select.POLLIN)
        last = self._until if until is None else min(until, self._until)
        while True:
            self.check()
            left = last - time.monotonic()
            if left <= 0:
                return False
            # Rounded up: a wait that ends too early would be one of no length.
            if any(ready == descriptor for ready, _ in poll.poll(int(left * 1000) + 1)):
                return True
