"""A file that is the old one or the whole new one at any instant, also after a crash."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from scheduler.tasks.errors import TaskError
from scheduler.tasks.place import open_folder


@dataclass(slots=True)
class NewFile:
    """What is written goes into a temporary file beside `path`, until `publish` gives it the name.

    Every method raises TaskError.
    """

    path: Path
    _folder: int
    _descriptor: int
    _temporary: str
    _published: bool = False

    def write(self, data: bytes) -> None:
        """Write all of it, unbuffered."""
        with _naming(self.path):
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def sync(self) -> None:
        """Bring the content to disk: it has to be there before the name is."""
        with _naming(self.path):
            os.fsync(self._descriptor)

    def publish(self) -> None:
        """Replace what `path` was."""
        with _naming(self.path):
            os.rename(self._temporary, self.path.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            self._published = True
            # A power cut before this line may bring the old file back, whole.
            os.fsync(self._folder)

    def close(self) -> None:
        """Let go of the file; one that was not published leaves nothing behind."""
        os.close(self._descriptor)
        if not self._published:
            with suppress(FileNotFoundError):
                os.unlink(self._temporary, dir_fd=self._folder)


@contextmanager
def new_file(path: Path) -> Iterator[NewFile]:
    """Yield a new file for a path that `place` returned. Missing folders are made; modes follow the umask.

    Raises TaskError where it cannot be, and where something other than a file has the name.
    """
    with _naming(path), open_folder(path.parent, create=True) as folder:
        _check_replaceable(path, folder)
        # Unlike any other name, since two runs may write the same file at once; and not made of the file's
        # own name, which may have all of the 255 bytes.
        temporary = f".report-{uuid4().hex}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = NewFile(path, folder, os.open(temporary, flags, 0o666, dir_fd=folder), temporary)
        try:
            yield file
        finally:
            file.close()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TaskError(f"{path}: {error.strerror or error}") from error


def _check_replaceable(path: Path, folder: int) -> None:
    try:
        status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    # A rename would replace /dev/null, or a socket that someone listens on.
    if not stat.S_ISREG(status.st_mode):
        raise TaskError(f"{path} is not a file, expected the path of a file or of nothing yet")
