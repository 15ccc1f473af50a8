"""What becomes of a command's output: masked, searched, bounded, and logged line by line."""

from typing import Final

from scheduler.jobs.command import FailWhen
from scheduler.tasks.output.line_log import LineLog, Log
from scheduler.tasks.output.watch import Watch
from scheduler.worker.masking import Masker

MOST_BYTES: Final = 1024 * 1024
_CHANNELS = ("stdout", "stderr")


class Output:
    """The sink of one command. `sizes` counts what came, `cut` what was not logged."""

    def __init__(self, fail_when: FailWhen, masker: Masker, log: Log, most: int = MOST_BYTES) -> None:
        self.sizes = dict.fromkeys(_CHANNELS, 0)
        self.last_line = b""
        self._log = log
        self._watches = _watches(fail_when)
        self._masked = {channel: masker.stream() for channel in _CHANNELS}
        self._kept = LineLog(self._line, most, _CHANNELS)

    def __call__(self, channel: str, data: bytes) -> None:
        """Take what came. Raises TaskError for a pattern that takes too long."""
        self.sizes[channel] += len(data)
        self._take(channel, self._masked[channel].feed(data))

    def close(self) -> None:
        """Log the rest."""
        for channel, masked in self._masked.items():
            self._take(channel, masked.close())
        for watch in self._watches.values():
            watch.close()
        self._kept.close()

    @property
    def cut(self) -> int:
        return self._kept.cut

    def found(self) -> tuple[str, bytes] | None:
        """Return the stream and the line that make the run fail, if there is one."""
        for channel, watch in self._watches.items():
            if watch.found is not None:
                return channel, watch.found
        return None

    def _take(self, channel: str, data: bytes) -> None:
        if data and channel in self._watches:
            self._watches[channel].feed(data)
        self._kept.feed(channel, data)

    def _line(self, channel: str, line: bytes) -> None:
        if channel == "stderr" and line.strip():
            self.last_line = line
        self._log(channel, line)


def _watches(fail_when: FailWhen) -> dict[str, Watch]:
    patterns = {"stdout": fail_when.stdout, "stderr": fail_when.stderr}
    return {
        channel: Watch(f"command.fail_when.{channel}", pattern)
        for channel, pattern in patterns.items()
        if pattern is not None
    }
