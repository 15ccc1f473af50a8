"""Signals as a descriptor that becomes readable, so that one loop waits for signals and output alike."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

_WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_Handler = Callable[[int, FrameType | None], Any] | int | None


class Signals:
    """While entered, the watched signals do nothing but show up in `take`."""

    def __init__(self) -> None:
        self.descriptor, self._write_end = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._write_end, False)
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        for signum in _WATCHED:
            # Under nohup, and for a shell's background job, an ignored signal stays ignored.
            if signum is signal.SIGCHLD or signal.getsignal(signum) is not signal.SIG_IGN:
                self._before[signum] = signal.signal(signum, _note)
        return self

    def __exit__(self, *_exception: object) -> None:
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        signal.set_wakeup_fd(-1)
        os.close(self.descriptor)
        os.close(self._write_end)

    def take(self) -> list[signal.Signals]:
        """Return the signals that came since the last call, in their order."""
        try:
            return [signal.Signals(number) for number in os.read(self.descriptor, 4096)]
        except BlockingIOError:
            return []


def _note(_number: int, _frame: FrameType | None) -> None:
    """Only the wake-up descriptor matters; but without a handler the signal would have its usual effect."""
