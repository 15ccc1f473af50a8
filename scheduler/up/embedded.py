"""The embedded server as a part of the service: its folder, its lock, its socket, its program."""

import signal
from pathlib import Path
from typing import Self

from scheduler.up import valkey
from scheduler.up.address import Address
from scheduler.up.child import Program
from scheduler.up.data_lock import DataLock
from scheduler.up.errors import UpError

# The last write to a slow disk may take its time; nothing here is worth a torn file.
_GRACE_SECONDS = 30.0


class EmbeddedServer:
    """Holds `<data>/valkey` while entered. Raises UpError if another process does, or there is no server."""

    def __init__(self, data: Path) -> None:
        self._binary = valkey.find_binary()
        self._folder = (data / "valkey").resolve()
        self._lock = DataLock(self._folder)
        self._address = Address(self._folder)
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = self._lock.take()
            self._address.publish()
        except OSError as error:
            expected = "a folder that can be written to; SCHEDULER_DATA names it"
            raise UpError(f"{self._folder}: {error.strerror}, expected {expected}") from error
        return self

    def __exit__(self, *_exception: object) -> None:
        self._address.withdraw()
        self._lock.release()

    def program(self) -> Program:
        """Return how the server is run; it works once it answers."""
        return Program(
            name="valkey",
            arguments=valkey.command(self._binary, self._folder, self._address.path),
            grace_seconds=_GRACE_SECONDS,
            descriptors=(self._descriptor,),
            works=lambda _pid: valkey.answers(self._address.path),
            # If we are killed, it still saves what it has.
            last_signal=signal.SIGTERM,
            keeps_data=True,
            noise=valkey.NOISE,
        )
