"""Where the embedded server's socket lies: in the data folder, or elsewhere if that path is too long."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from scheduler.settings import environment
from scheduler.up.errors import UpError

# sockaddr_un.sun_path is 104 bytes on macOS and 108 on Linux, with the closing zero byte.
_LONGEST_BYTES = 103
_NAME = "server.sock"


class Address:
    """The socket's path, and the file `<folder>/socket` that tells it to the other processes."""

    def __init__(self, folder: Path) -> None:
        self._record = folder / "socket"
        self.path = _choose(folder.resolve())

    def publish(self) -> None:
        """Write the record. The folder of the socket is ours alone from here on. Raises UpError."""
        if self.path.parent != self._record.parent.resolve():
            _claim(self.path.parent)
        draft = self._record.with_suffix(".new")
        draft.write_text(f"{self.path}\n")
        draft.replace(self._record)

    def withdraw(self) -> None:
        """Remove the record, and what we made outside of the data folder."""
        self._record.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        if self.path.parent != self._record.parent.resolve():
            self.path.parent.rmdir()


def _choose(folder: Path) -> Path:
    name = f"redbeat-scheduler-{os.geteuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    bases = [environment().get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]  # noqa: S108 (checked by _claim)
    elsewhere = [Path(base) / name for base in bases if base and Path(base).is_dir()]
    for candidate in (folder, *elsewhere):
        if len(os.fsencode(candidate / _NAME)) <= _LONGEST_BYTES:
            return candidate / _NAME
    raise UpError(f"{folder} is too long a path for a socket, expected a shorter SCHEDULER_DATA")


def _claim(folder: Path) -> None:
    # The name can be guessed and the temp folder is everybody's: a folder or link that somebody
    # else put there would hand them our server.
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UpError(f"{folder} is not ours alone, expected a private folder for the server's socket; remove it")
