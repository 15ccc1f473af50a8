"""The keeper's life: it waits for orders, for children that end, for its own timers, and for the worker's end."""

import os
import selectors
import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Any

from scheduler.keeper.household import Household
from scheduler.keeper.wire import Inbox

# It ends with its worker and at no other time: a service manager may send its signal to every process of the service.
_NOT_HEEDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
# Where the kernel does not tell of the worker's end.
_LOOK_SECONDS = 1.0
# A time limit may be any number, and no selector waits for more than some.
_LONGEST_SECONDS = 3_600.0
# What was asked to stop, or has ended, waits no longer than so many starts.
_ORDERS_AT_ONCE = 50


class Loop:
    """Serves the worker at the other end of the connection until that ends, then kills what is left."""

    def __init__(self, connection: socket.socket, worker: int) -> None:
        self._worker = worker
        self._inbox = Inbox(connection)
        self._inherited: dict[str, str] = {}
        self._household = Household()
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection, selectors.EVENT_READ, self._obey)
        self._selector.register(_signals(), selectors.EVENT_READ, self._forget_signals)
        self._watches = self._watch_worker()
        self._is_over = False

    def run(self) -> None:
        """Return when the worker has ended, and every process below this one."""
        try:
            while not self._is_over and os.getppid() == self._worker:
                for key, _ in self._selector.select(self._patience()):
                    key.data(key.fd)
                self._household.turn()
        finally:
            self._household.end_all()

    def _patience(self) -> float:
        patience = self._household.patience()
        longest = _LONGEST_SECONDS if self._watches else _LOOK_SECONDS
        return longest if patience is None else min(longest, patience)

    def _obey(self, _descriptor: int) -> None:
        """Carry out what has come: what is due together starts together, before the first ends are looked after."""
        with suppress(BlockingIOError):
            for _ in range(_ORDERS_AT_ONCE):
                messages = self._inbox.receive()
                if messages is None:
                    self._is_over = True
                    return
                for order, opened in messages:
                    self._carry_out(order, opened)

    def _carry_out(self, order: dict[str, Any], opened: tuple[int, ...]) -> None:
        match order["do"]:
            case "know":
                self._inherited = order["environment"]
            case "start":
                self._household.start(order | {"environment": self._environment(order)}, opened)
            case "stop":
                self._household.stop(order)

    def _environment(self, order: dict[str, Any]) -> dict[str, str]:
        environment: dict[str, str] = self._inherited | order["own"]
        for name in order["without"]:
            del environment[name]
        return environment

    def _forget_signals(self, descriptor: int) -> None:
        # Only that something came matters: the household asks for all that have ended.
        with suppress(BlockingIOError):
            os.read(descriptor, 4096)

    def _watch_worker(self) -> bool:
        """Have the worker's end wake the loop: a process that it forked may hold the connection open."""
        try:
            descriptor = os.pidfd_open(self._worker)
        except (AttributeError, OSError):
            return False
        self._selector.register(descriptor, selectors.EVENT_READ, self._end)
        return True

    def _end(self, _descriptor: int) -> None:
        self._is_over = True


def _signals() -> int:
    """Return a descriptor that becomes readable when a signal comes, which then does nothing else."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    # Handlers, not SIG_IGN, which the commands would inherit.
    for signum in (signal.SIGCHLD, *_NOT_HEEDED):
        signal.signal(signum, _note)
    return read_end


def _note(_number: int, _frame: FrameType | None) -> None:
    """Only the wake-up descriptor matters; but without a handler the signal would have its usual effect."""
