"""Folders that no cleanup may work on, whatever the job says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scheduler.tasks.errors import TaskError

Identity = tuple[int, int]

# Refused with everything in them.
_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")
_SYSTEM_OF_MACOS = ("/Library", "/System", "/private/etc")
# Refused themselves; a folder in them is fine.
_SHARED = ("/", "/Users", "/home", "/opt", "/private", "/private/var", "/root", "/run", "/srv", "/var")

_EXPECTED = "a folder that holds only what may be removed"


@dataclass(frozen=True, slots=True)
class Folders:
    """Relative paths lie in `output`; `data` is the scheduler's own, `homes` are of people: not for cleaning."""

    output: Path
    data: Path
    homes: tuple[Path, ...]

    def check(self, path: Path, folder: int) -> None:
        """Raise TaskError unless the open folder, whose real path is `path`, may be cleaned."""
        for tree in (*_SYSTEM, *_SYSTEM_OF_MACOS):
            if path.is_relative_to(tree):
                _refuse(path, "belongs to the system")
        if path.is_relative_to(os.path.realpath(self.data)) and not self.is_output(path):
            _refuse(path, "belongs to the scheduler")
        # By what the folder is, not by its name: the same folder can be mounted under another one.
        own = identity(os.fstat(folder))
        for name, why in self._refused():
            if own == _identity_of(name):
                _refuse(path, why)

    def is_output(self, path: Path) -> bool:
        """Whether a real path is that of the output folder, or inside it."""
        return path.is_relative_to(os.path.realpath(self.output))

    def unentered(self) -> frozenset[Identity]:
        """Return the folders to leave out wherever a cleanup meets them."""
        return frozenset(filter(None, [_identity_of(self.data)]))

    def _refused(self) -> Iterator[tuple[Path, str]]:
        for shared in (*_SYSTEM, *_SHARED):
            yield Path(shared), "belongs to the system"
        for home in self.homes:
            yield home, "is the home folder"
            for above in Path(os.path.realpath(home)).parents:
                yield above, "is above the home folder"
        yield self.data, "belongs to the scheduler"


def identity(status: os.stat_result) -> Identity:
    """Return what a folder is, whatever its name."""
    return status.st_dev, status.st_ino


def _refuse(path: Path, why: str) -> None:
    raise TaskError(f"cleanup.files.path: {path} {why}, expected {_EXPECTED}")


def _identity_of(path: Path) -> Identity | None:
    try:
        return identity(path.stat())
    except OSError:
        # What is not there, or cannot be seen, is not the open folder either.
        return None
