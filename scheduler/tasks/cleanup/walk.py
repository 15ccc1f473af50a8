"""Regular files under an open folder, in constant memory, following no symlink, on one file system."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scheduler.tasks.cleanup.protected import Identity, identity
from scheduler.tasks.place import open_inside

# Each level holds a descriptor, and a worker has about a thousand for everything.
_DEEPEST = 100

Failed = Callable[[tuple[str, ...], OSError], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A file by its parts from the root, and the open folder it lies in; that is open until the next one."""

    names: tuple[str, ...]
    folder: int


@dataclass(frozen=True, slots=True)
class Walk:
    """`failed` is told of every folder that cannot be read; the walk goes on."""

    recursive: bool
    unentered: frozenset[Identity]
    failed: Failed

    def files(self, root: int) -> Iterator[Found]:
        """Yield the files as the folder hands them over, never a list of them all."""
        yield from self._files(root, (), os.fstat(root).st_dev)

    def _files(self, folder: int, above: tuple[str, ...], device: int) -> Iterator[Found]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        yield Found((*above, entry.name), folder)
                    elif self.recursive and entry.is_dir(follow_symlinks=False):
                        yield from self._inside(folder, (*above, entry.name), device)
        except OSError as error:
            self.failed(above, error)

    def _inside(self, folder: int, names: tuple[str, ...], device: int) -> Iterator[Found]:
        if len(names) > _DEEPEST:
            self.failed(names, OSError(0, f"deeper than {_DEEPEST} folders"))
            return
        try:
            inner = open_inside(folder, names[-1])
        except FileNotFoundError:
            return
        except OSError as error:
            self.failed(names, error)
            return
        try:
            status = os.fstat(inner)
            if status.st_dev == device and identity(status) not in self.unentered:
                yield from self._files(inner, names, device)
        finally:
            os.close(inner)
