"""One embedded server for each data folder."""

import fcntl
import os
import time
from pathlib import Path

from scheduler.up.errors import UpError

_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.05


class DataLock:
    """An flock on `<folder>/lock`, which names the pid that took it.

    The server inherits the descriptor, so the lock is held until the server, too, has ended: one that
    outlives a killed supervisor for a moment still writes to its files.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    def take(self, patience_seconds: float = _PATIENCE_SECONDS) -> int:
        """Take the lock and return the descriptor that holds it. Raises UpError if a living process has it.

        Waits `patience_seconds` for a server whose supervisor is dead.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait(descriptor, time.monotonic() + patience_seconds)
        except UpError:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return descriptor

    def release(self) -> None:
        """Give the lock up, if held. The file stays: without it, two could each lock a file of their own."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, descriptor: int, deadline: float) -> None:
        while not _lock(descriptor):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            if _is_alive(holder) or time.monotonic() >= deadline:
                raise UpError(
                    f"{self._path.parent.parent} is in use by process {holder or 'unknown'}: stop that one, "
                    "or give this one a data folder of its own with SCHEDULER_DATA"
                )
            time.sleep(_POLL_SECONDS)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: str) -> bool:
    # In a container every supervisor is process 1; its predecessor's number says nothing.
    if pid == str(os.getpid()):
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
