"""What the application asks for in its code: `beat_schedule` and `add_periodic_task`, installed by the leader."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from celery import Celery
from celery.schedules import crontab, schedule, solar  # noqa: TID251 (what applications configure)
from celery.utils.log import get_logger
from redbeat.schedules import rrule

from scheduler.store.entry import Entry
from scheduler.store.statics import StaticChanges, Statics

logger = get_logger(__name__)

# What can be stored and read back as what it was. A subclass would come back as its base, at other times.
_KINDS = (int, float, timedelta, crontab, schedule, solar, rrule)


class ApplicationEntries:
    """The application's own entries, carried into Redis beside the file's jobs."""

    def __init__(self, app: Celery, statics: Statics) -> None:
        self._app = app
        self._statics = statics

    def install(self, configured: Mapping[str, Any], token: str, now: datetime, stamp: float) -> bool:
        """Install what is configured; False where the lease was lost. Raises redis.RedisError."""
        changes = self._statics.install(list(self._entries(configured)), token, now, stamp)
        _report(changes)
        return changes.leading

    def _entries(self, configured: Mapping[str, Any]) -> Iterator[Entry]:
        for name, fields in configured.items():
            try:
                yield self._entry(name, fields)
            except (TypeError, ValueError, AttributeError, RecursionError) as error:
                logger.error("application.refused entry=%s problem=%r", name, str(error))

    def _entry(self, name: str, fields: Any) -> Entry:
        if name.startswith(":"):
            raise ValueError("its name starts with a colon, expected another character")
        known = dict(fields)
        kind = type(known.get("schedule"))
        if kind not in _KINDS:
            raise TypeError(f"its schedule is of the kind {kind.__name__}, expected seconds, a crontab, solar or rrule")
        entry = Entry(**{**known, "name": name, "app": self._app})
        if not isinstance(entry.task, str):
            raise TypeError(f"its task is {entry.task!r}, expected the name of a task")
        # Once now, so that what cannot be stored, or not be read again, keeps no other entry from being.
        Entry.decode_definition(entry.definition)
        return entry


def _report(changes: StaticChanges) -> None:
    for name in changes.taken:
        logger.error(
            "application.conflict entry=%s problem=%r",
            name,
            "a job of the file, or another key, has this name; it stays",
        )
    if changes.newer:
        logger.warning(
            "application.newer entries=%d first=%s problem=%r",
            len(changes.newer),
            changes.newer[0],
            "a later version wrote them; they stay",
        )
    if not changes.newest:
        logger.warning(
            "application.older problem=%r", "a process that started later has installed its entries; they stay"
        )
    if changes.installed or changes.removed:
        logger.info("application.installed entries=%d removed=%d", len(changes.installed), len(changes.removed))
