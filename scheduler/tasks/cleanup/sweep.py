"""One cleanup under way: its rule, its counts, its log."""

import logging
import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler.tasks.cleanup.pattern import Pattern
from scheduler.tasks.cleanup.walk import Found
from scheduler.tasks.errors import TaskError
from scheduler.timetable import EPOCH

logger = logging.getLogger(__name__)

# Of each kind, so many files are named at the usual log level; the others at debug.
_NAMED = 10


@dataclass(slots=True)
class Sweep:
    """Removes regular files that match `pattern` and were last changed before `before`."""

    pattern: Pattern
    before: datetime
    dry_run: bool
    removed: int = 0
    bytes: int = 0
    kept: int = 0
    failures: int = 0
    first_failure: str = ""

    def decide(self, found: Found) -> None:
        """Remove the file, keep it, or leave it out of account."""
        if not self.pattern.matches(found.names):
            return
        try:
            self._decide(found)
        except FileNotFoundError:
            # Someone else removed it first.
            return
        except OSError as error:
            self.failed(found.names, error)

    def failed(self, names: tuple[str, ...], error: OSError) -> None:
        """Count a file or folder that could not be dealt with."""
        self.failures += 1
        path, why = "/".join(names) or ".", error.strerror or str(error)
        self.first_failure = self.first_failure or f"{path!r}: {why}"
        logger.log(self._level(self.failures, logging.WARNING), "cleanup.failed path=%r reason=%s", path, why)

    def check(self) -> None:
        """Raise TaskError if anything failed: it says what was done all the same."""
        if self.failures:
            verb = "would be removed" if self.dry_run else "removed"
            raise TaskError(
                f"cleanup.files: {self.failures} could not be removed or read, the first is "
                f"{self.first_failure} ({self.removed} {verb}, {self.kept} kept)"
            )

    def summary(self) -> dict[str, Any]:
        """Return the counts; `bytes` adds up the sizes of the removed files."""
        return {
            "removed": self.removed,
            "bytes": self.bytes,
            "kept": self.kept,
            "failed": self.failures,
            "dry_run": self.dry_run,
        }

    def _decide(self, found: Found) -> None:
        name = found.names[-1]
        status = os.stat(name, dir_fd=found.folder, follow_symlinks=False)
        # It was a regular file when the folder was read; it may have become something else since.
        if not stat.S_ISREG(status.st_mode):
            return
        if status.st_mtime_ns >= (self.before - EPOCH) // timedelta(microseconds=1) * 1000:
            self.kept += 1
            return
        if not self.dry_run:
            os.unlink(name, dir_fd=found.folder)
        self._count(found, status.st_size)

    def _count(self, found: Found, size: int) -> None:
        self.removed += 1
        self.bytes += size
        event = "cleanup.would_remove" if self.dry_run else "cleanup.removed"
        # A name may hold a line break; %r cannot forge a line of the log.
        logger.log(self._level(self.removed, logging.INFO), "%s path=%r", event, "/".join(found.names))

    @staticmethod
    def _level(count: int, usual: int) -> int:
        return usual if count <= _NAMED else logging.DEBUG
