"""Notice that schedules.yaml was saved, however it was saved."""

import time
from collections.abc import Callable
from pathlib import Path

Signature = tuple[str, int, int, int, int] | None


class FileWatch:
    """Looks at the file's identity, size and time; a change counts once it has stood still for a moment.

    Following the path each time covers an atomic rename and the symlink swap of a mounted ConfigMap; standing still
    covers an editor that is still writing.
    """

    def __init__(self, path: Path, settle: float = 0.5, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._settle = settle
        self._monotonic = monotonic
        self._taken: Signature | str = "never looked"
        self._seen: Signature | str = "never looked"
        self._since = 0.0

    def changed(self) -> bool:
        """Whether the file is another one than `taken()` last accepted, and no longer being written."""
        signature = self._signature()
        if signature == self._taken:
            self._seen = signature
            return False
        if signature != self._seen:
            first = self._seen == "never looked"
            self._seen, self._since = signature, self._monotonic()
            return first
        return self._monotonic() - self._since >= self._settle

    def taken(self) -> None:
        """Accept what `changed()` saw: it is not a change any more."""
        self._taken = self._seen

    def _signature(self) -> Signature:
        try:
            real = self._path.resolve(strict=True)
            status = real.stat()
        except (OSError, RuntimeError):
            # RuntimeError is a loop of symlinks before Python 3.13. A file that is away for the length of a swap
            # is not news either; one that stays away is reported by the load.
            return None
        # The time of change as well: permissions that come later, and a tool that restores the time of writing.
        return str(real), status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
