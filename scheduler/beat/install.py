"""Carries staged files out between the passes, and says what came of it."""

from collections.abc import Sequence
from datetime import datetime

from celery.utils.log import get_logger

from scheduler.store.file_record import FileRecord
from scheduler.store.installation import TURN_SECONDS, Installation

logger = get_logger(__name__)


class Installing:
    """The leader's turns at installing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._told_newer = False
        # Whether the last turn left something to do.
        self.is_busy = False

    def advance(self, token: str, now: datetime, passed: datetime | None, seconds: float = TURN_SECONDS) -> bool:
        """Take one turn of about so many seconds, and return whether nothing is left for another one now.

        It takes a slice at least. `passed` is the time of the pass before it, in which everything that was due had its
        turn; None where it had not. Raises redis.RedisError.
        """
        progress = self._installation.advance(token, now, passed, seconds)
        self.is_busy = not progress.is_over
        _report_conflicts(progress.taken, "an entry of this name was saved through RedBeat's API; it stays")
        _report_conflicts(progress.moved, "its entry was changed by someone else meanwhile; it stays")
        _report_conflicts(progress.damaged, "its change in Redis was damaged; it stays until the file is applied again")
        if progress.finished is not None:
            _report(progress.finished)
        if progress.is_newer and not self._told_newer:
            logger.error(
                "file.newer reason=%r", "a later version staged a file, and it is left for a beat of that version"
            )
        self._told_newer = progress.is_newer
        return progress.is_over


def _report_conflicts(names: Sequence[str], problem: str) -> None:
    for name in names:
        logger.error("file.conflict job=%s problem=%r", name, problem)


def _report(record: FileRecord) -> None:
    logger.info(
        "file.installed added=%d changed=%d removed=%d jobs=%d file=%s by=%s",
        record.added,
        record.changed,
        record.removed,
        record.jobs,
        record.path,
        record.by,
    )
