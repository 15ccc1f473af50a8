"""Stands in for stdout and stderr of a worker's process: what a run prints goes to its log as well."""

import io
import sys
from typing import Any

from scheduler.worker.attempt import current_attempt
from scheduler.worker.secrets import latest_masker


def capture() -> None:
    """Put the streams in place, unless they are, or somebody else has put others there since."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Overheard):
            setattr(sys, name, Overheard(stream, name))


class Overheard(io.TextIOBase):
    """A text stream that is the former one in all but that the run at hand has what is written in its log."""

    def __init__(self, stream: Any, channel: str) -> None:
        super().__init__()
        self._stream = stream
        self._channel = channel
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        """Write the text to both."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._hear(text.encode("utf-8", "surrogateescape"))
        return len(text)

    def write_bytes(self, data: bytes) -> int:
        """Write bytes that need be no text to both."""
        self._hear(data)
        return len(data)

    def flush(self) -> None:
        """Flush the former stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the former stream is a terminal."""
        return bool(self._stream.isatty())

    def fileno(self) -> int:
        """Return that of the former stream, if it has one."""
        return int(self._stream.fileno())

    def writable(self) -> bool:
        """It is for nothing else."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The log is UTF-8, whatever the former stream is."""
        return "utf-8"

    def _hear(self, data: bytes) -> None:
        attempt = current_attempt()
        if attempt is None:
            # A process that a task forked has its secrets, and no log.
            self._pass_on(latest_masker().data(data))
            return
        attempt.log.write(self._channel, data)
        attempt.passed_on.write(self._channel, data, self._pass_on)

    def _pass_on(self, data: bytes) -> None:
        self._stream.write(data.decode("utf-8", "replace"))


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: takes any bytes."""

    def __init__(self, text: Overheard) -> None:
        super().__init__()
        self._text = text

    def write(self, data: Any) -> int:
        return self._text.write_bytes(bytes(data))

    def flush(self) -> None:
        self._text.flush()

    def writable(self) -> bool:
        return True
