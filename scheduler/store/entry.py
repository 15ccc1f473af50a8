"""One entry: a job in RedBeat's form, as it lies in Redis."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from celery import Celery
from redbeat.decoder import RedBeatJSONDecoder
from redbeat.schedulers import RedBeatSchedulerEntry, get_redis

from scheduler.policy import When
from scheduler.store.clock import score
from scheduler.store.extra import FOREIGN, Extra, NewerEntry, UnreadableEntry
from scheduler.store.foreign import ForeignTimetable
from scheduler.store.schedule import BrokenSchedule, Encoder, TimetableSchedule, decode_definition
from scheduler.store.stored_json import parse
from scheduler.timetable import EPOCH, is_newer
from scheduler.timetable.years import YEARS


class Entry(RedBeatSchedulerEntry):  # type: ignore[misc]
    """RedBeat's entry with our schedule type in its JSON and the true instant of the next dispatch as its score."""

    extra: Extra = FOREIGN

    @classmethod
    def of_fields(cls, name: str, definition: str, meta: str | None, app: Celery, extra: str | None = None) -> "Entry":
        """Read an entry from its stored fields; `extra` is ours, and only a job of the file has it.

        Raises UnreadableEntry for what is no entry, and NewerEntry for one that a later version wrote.
        """
        try:
            return cls._decoded(name, definition, meta, app, extra)
        except UnreadableEntry:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise UnreadableEntry(str(error)) from error

    @classmethod
    def of_stored(cls, name: str, fields: tuple[str | None, ...] | str, app: Celery) -> "Entry":
        """Read an entry that is to be dispatched, from `DueEntries.fields`.

        Raises UnreadableEntry for one that cannot be, and NewerEntry for one that a later version wrote.
        """
        if isinstance(fields, str):
            raise UnreadableEntry(f"the stored entry cannot be read: {fields}")
        if not _is_text(name):
            raise UnreadableEntry("its name is not UTF-8")
        definition, meta, extra = fields
        if definition is None:
            raise UnreadableEntry("the entry is in the schedule, but its hash holds no definition")
        try:
            entry = cls.of_fields(name, definition, meta, app, extra)
        except NewerEntry:
            raise
        except UnreadableEntry as error:
            raise UnreadableEntry(f"the stored entry cannot be read: {error}") from error
        if entry.broken is not None:
            raise UnreadableEntry(entry.broken)
        return entry

    @classmethod
    def _decoded(cls, name: str, definition: str, meta: str | None, app: Celery, extra: str | None) -> "Entry":
        # Before all else: what a later version wrote need not make sense to this one.
        job = FOREIGN if extra is None else _extra(extra)
        fields = decode_definition(definition)
        schedule = fields.get("schedule")
        if isinstance(schedule, BrokenSchedule) and is_newer(schedule.stored):
            raise NewerEntry(schedule.reason)
        state = cls.decode_meta(meta)
        last = state.get("last_run_at")
        if last is not None and not isinstance(last, datetime):
            raise UnreadableEntry("last_run_at is not a time")
        if last is not None and last.astimezone(UTC).year >= YEARS.stop:
            raise UnreadableEntry(f"last_run_at is {last.isoformat()}, after all that a schedule can name")
        entry = cls(app=app, **{**fields, "name": name}, total_run_count=state.get("total_run_count"))
        entry.schedule.app = app
        entry.last_run_at = last
        entry.extra = job
        return entry

    @property
    def when(self) -> When:
        """The timetable to ask, whichever kind of schedule the entry holds."""
        if isinstance(self.schedule, TimetableSchedule):
            return cast("When", self.schedule.timetable)
        if isinstance(self.schedule, BrokenSchedule):
            return self.schedule
        return ForeignTimetable(self.schedule)

    @property
    def broken(self) -> str | None:
        """Why the stored schedule cannot be read, or None."""
        return self.schedule.reason if isinstance(self.schedule, BrokenSchedule) else None

    @property
    def mark(self) -> datetime | None:
        """The dispatch time of the last occurrence that was decided; None for an entry that never ran."""
        last: datetime | None = self.last_run_at
        return None if last is None else last.astimezone(UTC)

    @property
    def due_at(self) -> datetime | None:
        """The instant of the next dispatch, None where there is none."""
        if not self.enabled:
            return None
        if self.mark is None:
            # RedBeat's rule for an entry that never ran: at once, whatever the time is. No host's clock is asked.
            return EPOCH
        following = self.when.next(self.mark)
        return None if following is None else following.dispatch

    @property
    def score(self) -> float:
        """`due_at` in seconds since the epoch; RedBeat's own is a second early, and hours off after a restart."""
        return score(self.due_at)

    @property
    def definition(self) -> str:
        """The stored form of everything but the state."""
        return json.dumps(
            {
                "name": self.name,
                "task": self.task,
                "args": self.args,
                "kwargs": self.kwargs,
                "options": self.options,
                "schedule": self.schedule,
                "enabled": self.enabled,
            },
            cls=Encoder,
        )

    def save(self) -> "Entry":
        """Store the entry as RedBeat does: the definition always, the state only where there is none yet."""
        with get_redis(self.app).pipeline() as pipe:
            pipe.hset(self.key, "definition", self.definition)
            # The leader keeps definitions by revision: this one is of nobody's.
            pipe.hdel(self.key, "rev")
            pipe.hsetnx(self.key, "meta", meta_text(self.last_run_at))
            pipe.zadd(self.app.redbeat_conf.schedule_key, {self.key: self.score})
            pipe.execute()
        return self

    @staticmethod
    def decode_definition(definition: str) -> dict[str, Any]:
        """Read a stored definition; see `schedule.decode_definition`."""
        return decode_definition(definition)

    @staticmethod
    def decode_meta(meta: str | None, app: Celery | None = None) -> dict[str, Any]:
        """Read the stored state; an entry that was never run has none. Raises ValueError for what is not one."""
        if not meta:
            return {"last_run_at": None}
        state = parse(meta, RedBeatJSONDecoder)
        if not isinstance(state, dict):
            raise ValueError("the stored state is not a JSON object")
        return state


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


# Thousands of jobs say the same.
_extra = lru_cache(maxsize=1_024)(Extra.parse)


def meta_text(mark: datetime | None) -> str:
    """The stored form of an entry's state, as RedBeat writes and reads it."""
    return json.dumps({"last_run_at": mark}, cls=Encoder)
