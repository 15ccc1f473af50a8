"""Notice that schedules.yaml was saved, however it was saved."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from scheduler.jobs.signature import signature_of

# A text for each file, another for another file or another content; empty where there is no file.
Signature = tuple[str, ...]


class FileWatch:
    """Looks at the file's identity, size and time; a change counts once it has stood still for a moment.

    Following the path each time covers an atomic rename and the symlink swap of a mounted ConfigMap; standing still
    covers an editor that is still writing. `paths` are the file and those that were read for it.
    """

    def __init__(self, path: Path, settle: float = 0.5, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.paths: tuple[Path, ...] = (path,)
        self._settle = settle
        self._monotonic = monotonic
        self._taken: Signature = ()
        self.seen: Signature = ()
        self._since = 0.0

    @property
    def is_settling(self) -> bool:
        """Whether the last look saw a change that does not count yet."""
        return self.seen != self._taken

    def changed(self) -> bool:
        """Whether the file is another one than `taken()` last accepted, and no longer being written."""
        signature = signatures_of(self.paths)
        if signature == self._taken:
            self.seen = signature
            return False
        if signature != self.seen:
            first = not self.seen
            self.seen, self._since = signature, self._monotonic()
            return first
        return self._monotonic() - self._since >= self._settle

    def taken(self) -> None:
        """Accept what `changed()` saw: it is not a change any more."""
        self._taken = self.seen

    def also(self, paths: Sequence[Path], seen: Signature) -> None:
        """Look at these as well, and at no others; `seen` are their signatures before they were read."""
        self.paths = (self.paths[0], *paths)
        self.seen = (*self.seen[:1], *seen)


def signatures_of(paths: Iterable[Path]) -> Signature:
    """Return what the files are now."""
    return tuple(map(signature_of, paths))
