"""Runs that are ended from outside: by whoever cancels one, and when the worker stops.

A run of this process is open from before its body begins until it is over. Its body says how it can be interrupted;
it is told so in the thread that interrupts, so that neither signals nor the main thread are needed. A reason that came
before the body said so is not lost: it is told at once.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

# As in keeper.Why: what becomes of the run.
Reason = Literal["timed_out", "cancelled", "stopped"]
# Is told the reason, perhaps more than one. It must not wait, nor raise.
Interrupt = Callable[[Reason], None]


@dataclass(slots=True, eq=False)
class Open:
    """One execution that is under way. The first reason is the one that counts."""

    reason: Reason | None = None
    subscribers: list[Interrupt] = field(default_factory=list)


# No run's id is empty.
_NO_RUN = ""
_CURRENT: ContextVar[Open | None] = ContextVar("open run", default=None)


class Interruptions:
    """The runs of a process that can be interrupted, for any number of threads."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: in a forked child the runs are another's, and the lock may be held by a thread that is gone."""
        self._lock = threading.RLock()
        self._open: dict[str, list[Open]] = {}

    @contextmanager
    def open(self, run_id: str) -> Iterator[None]:
        """Let the run that this thread executes be interrupted for as long as this lasts."""
        one = self.enter(run_id)
        token = _CURRENT.set(one)
        try:
            yield
        finally:
            _CURRENT.reset(token)
            self.leave(run_id, one)

    def enter(self, run_id: str) -> Open:
        """Let a run be interrupted from now on, whichever thread executes it, until it is to `leave`.

        One message too many of a run may be a second execution of it: each is one of its own.
        """
        one = Open()
        with self._lock:
            self._open.setdefault(run_id, []).append(one)
        return one

    def leave(self, run_id: str, one: Open) -> None:
        """Let the execution be over: behind the lock nobody of it is about to be told any more."""
        with self._lock:
            ones = self._open[run_id]
            ones.remove(one)
            if not ones:
                del self._open[run_id]

    def subscribe(self, one: Open, interrupt: Interrupt) -> None:
        """Have `interrupt` told of this execution until it leaves; at once if it was interrupted before."""
        with self._lock:
            one.subscribers.append(interrupt)
            if one.reason is not None:
                interrupt(one.reason)

    @contextmanager
    def subscribed(self, interrupt: Interrupt) -> Iterator[None]:
        """Have `interrupt` told of this thread's run while this lasts; at once if it was interrupted before.

        A task that was called by nobody's job is no run: it has no id by which it could be cancelled, but ends with
        the worker.
        """
        one = _CURRENT.get()
        if one is None:
            with self.open(_NO_RUN), self.subscribed(interrupt):
                yield
            return
        self.subscribe(one, interrupt)
        try:
            yield
        finally:
            # Behind the lock nobody is about to be told any more.
            with self._lock:
                one.subscribers.remove(interrupt)

    def interrupt(self, run_id: str, reason: Reason) -> bool:
        """Interrupt a run; say whether it is open here. What has been interrupted already keeps its reason."""
        with self._lock:
            ones = self._open.get(run_id, ())
            for one in ones:
                _tell(one, reason)
            return bool(ones)

    def is_heard(self, run_id: str) -> bool:
        """Whether somebody listens who ends the run when it is interrupted."""
        with self._lock:
            return any(one.subscribers for one in self._open.get(run_id, ()))

    def interrupt_all(self, reason: Reason) -> tuple[str, ...]:
        """Interrupt everything that is open here, and return the ids of its runs."""
        with self._lock:
            for ones in self._open.values():
                for one in ones:
                    _tell(one, reason)
            return tuple(run_id for run_id in self._open if run_id != _NO_RUN)


def _tell(one: Open, reason: Reason) -> None:
    if one.reason is None:
        one.reason = reason
        for subscriber in one.subscribers:
            subscriber(reason)


_OF_PROCESS = Interruptions()
os.register_at_fork(after_in_child=_OF_PROCESS.forget)

open_run = _OF_PROCESS.open
enter = _OF_PROCESS.enter
leave = _OF_PROCESS.leave
subscribe = _OF_PROCESS.subscribe
subscribed = _OF_PROCESS.subscribed
interrupt = _OF_PROCESS.interrupt
is_heard = _OF_PROCESS.is_heard
interrupt_all = _OF_PROCESS.interrupt_all
