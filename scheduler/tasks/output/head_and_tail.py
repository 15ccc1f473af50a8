"""The beginning and the end of an output, within a bound, and how much between them was let go."""

from collections import deque
from collections.abc import Callable

# What was left out, instead of output; no stream of a process is called so.
NOTICE = "scheduler"

Sink = Callable[[str, bytes], None]


class HeadAndTail:
    """Passes the first half of `most` bytes on as they come, and of what follows the last half in the end.

    All streams of a command count together, in the order in which their pieces came. `cut` is how much was let go.
    """

    def __init__(self, sink: Sink, most: int) -> None:
        self.cut = 0
        self._sink = sink
        self._room = most // 2
        self._is_at_line = False
        self._most_of_tail = most - most // 2
        self._tail: deque[tuple[str, bytes]] = deque()
        self._size = 0

    def feed(self, channel: str, data: bytes) -> None:
        """Take the next piece."""
        if self._room:
            head, data = self._split(data)
            if head:
                self._is_at_line = head.endswith(b"\n")
                self._sink(channel, head)
        if data:
            self._tail.append((channel, data))
            self._size += len(data)
            self._shorten()

    def close(self) -> None:
        """Pass the end on, after a notice where something was left out before it."""
        if self.cut:
            self._sink(NOTICE, f"… {self.cut:,} bytes left out …\n".encode())
        for channel, data in self._tail:
            self._sink(channel, data)
        self._tail.clear()

    def _split(self, data: bytes) -> tuple[bytes, bytes]:
        if len(data) <= self._room:
            self._room -= len(data)
            return data, b""
        # At the end of a line if there is one; only a line that is longer than all of it is cut.
        place = data.rfind(b"\n", 0, self._room) + 1
        if not place and not self._is_at_line:
            place = self._room
        self._room = 0
        return data[:place], data[place:]

    def _shorten(self) -> None:
        over = self._size - self._most_of_tail
        while over > 0:
            channel, data = self._tail.popleft()
            kept = data[over:]
            if kept:
                self._tail.appendleft((channel, kept))
            gone = len(data) - len(kept)
            self.cut += gone
            self._size -= gone
            over -= gone
