"""The one terminal that every process of the service shares: labelled lines, never waited for."""

import os
import select
import time
from collections.abc import Sequence
from contextlib import suppress

ROOM_BYTES = 1024 * 1024

_COLOURS = ("35", "32", "36", "34", "33")


class Screen:
    """Writes labelled lines to a file descriptor without ever waiting for it.

    A reader that is too slow, or a terminal that was paused, loses lines, and is told how many.
    """

    def __init__(self, descriptor: int, labels: Sequence[str], *, colour: bool) -> None:
        self.descriptor = _own_view(descriptor)
        width = max(map(len, labels))
        self._labels = {label: f"{label:{width}} | " for label in labels}
        if colour:
            for label, code in zip(labels, _COLOURS, strict=False):
                self._labels[label] = f"\033[{code}m{label:{width}} |\033[0m "
        self._waiting = bytearray()
        self._dropped = 0
        self._is_gone = False

    @property
    def has_more(self) -> bool:
        """Whether lines wait for the terminal to take them."""
        return bool(self._waiting)

    def line(self, label: str, text: str) -> None:
        """Show one line of the process called `label`."""
        if self._is_gone:
            return
        if len(self._waiting) > ROOM_BYTES:
            self._dropped += 1
            return
        self._waiting += f"{self._labels[label]}{text}\n".encode("utf-8", "replace")

    def write(self) -> None:
        """Hand over as much as the terminal takes now."""
        while self._waiting and self._is_writable():
            try:
                # A pipe that is writable takes this much at once; more could block.
                taken = os.write(self.descriptor, self._waiting[: select.PIPE_BUF])
            except BlockingIOError:
                return
            except OSError:
                # Nobody reads any more; the service goes on without a terminal.
                self._is_gone = True
                self._waiting.clear()
                return
            del self._waiting[:taken]
            self._tell_dropped()

    def finish(self, seconds: float) -> None:
        """Write what is left, for at most `seconds`."""
        deadline = time.monotonic() + seconds
        while self._waiting and time.monotonic() < deadline:
            select.select([], [self.descriptor], [], 0.05)
            self.write()

    def _tell_dropped(self) -> None:
        if self._dropped and len(self._waiting) < ROOM_BYTES // 2:
            dropped, self._dropped = self._dropped, 0
            self._waiting += f"({dropped:,} lines are not shown: they came faster than they could be)\n".encode()

    def _is_writable(self) -> bool:
        return bool(select.select([], [self.descriptor], [], 0)[1])


def _own_view(descriptor: int) -> int:
    """Return a descriptor of the same terminal that does not block; anything else is returned as it is.

    Setting O_NONBLOCK on the given one would set it for the shell that shares it.
    """
    if os.isatty(descriptor):
        with suppress(OSError):
            return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    return descriptor
