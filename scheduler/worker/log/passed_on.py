"""What of a run's output goes to the worker's own output too."""

import threading
from collections.abc import Callable

from scheduler.worker.masking import MaskedStream, Masker

# All of it is for the run's log to bound.
MOST_BYTES = 1024 * 1024
_NOTICE = "… further output of {} is in its log only …\n"

Write = Callable[[bytes], None]


class PassedOn:
    """Masks the output of one attempt and bounds it, for any number of threads."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._left = MOST_BYTES
        self._lock = threading.RLock()
        self._masker = Masker(())
        self._channels: dict[str, tuple[MaskedStream, Write]] = {}

    def mask(self, masker: Masker) -> None:
        """Mask these secrets from now on."""
        with self._lock:
            self.close()
            self._masker = masker

    def write(self, channel: str, data: bytes, write: Write) -> None:
        """Have `write` called with what is to be passed on of what the run says on a channel."""
        with self._lock:
            if self._left <= 0:
                return
            piece = data[: self._left]
            self._left -= len(data)
            stream, _ = self._channels.setdefault(channel, (self._masker.stream(), write))
            _write(write, stream.feed(piece))
            if self._left < 0:
                self.close()
                write(_NOTICE.format(self._run_id).encode())

    def close(self) -> None:
        """Pass on what was held back since it may have been the beginning of a secret."""
        with self._lock:
            for stream, write in self._channels.values():
                _write(write, stream.close())
            self._channels.clear()


def _write(write: Write, data: bytes) -> None:
    if data:
        write(data)
