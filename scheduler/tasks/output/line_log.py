"""Output on its way into a log: bounded, and cut into lines."""

from collections.abc import Callable, Iterable

from scheduler.tasks.output.head_and_tail import NOTICE, HeadAndTail
from scheduler.tasks.output.lines import Lines

# Is told the channel and one line of it, with its end, or a piece of a line that is very long.
Log = Callable[[str, bytes], None]


class LineLog:
    """Takes pieces of its channels as they come. What is more than `most` bytes, of all together, loses its middle."""

    def __init__(self, log: Log, most: int, channels: Iterable[str]) -> None:
        self._log = log
        self._kept = HeadAndTail(self._cut_into_lines, most)
        self._lines = {channel: Lines() for channel in channels}

    def feed(self, channel: str, data: bytes) -> None:
        """Take the next piece."""
        self._kept.feed(channel, data)

    def close(self) -> None:
        """Log the rest."""
        self._kept.close()
        self._flush()

    @property
    def cut(self) -> int:
        """How many bytes were not logged."""
        return self._kept.cut

    def _cut_into_lines(self, channel: str, data: bytes) -> None:
        if channel == NOTICE:
            # The line that it interrupts will not be finished.
            self._flush()
            self._log(channel, data)
            return
        for line in self._lines[channel].feed(data):
            self._log(channel, line)

    def _flush(self) -> None:
        for channel, lines in self._lines.items():
            for line in lines.close():
                self._log(channel, line)
