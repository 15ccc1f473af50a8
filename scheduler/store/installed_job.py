"""A job as it is in force, for those who explain it: read without Celery, and without the file."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.store.client import Client
from scheduler.store.clock import instant_or_none
from scheduler.store.extra import FOREIGN, Extra
from scheduler.store.job_zones import zone_in
from scheduler.store.json_object import json_object
from scheduler.store.keys import Keys
from scheduler.store.mark import read_mark
from scheduler.timetable import ScheduleError, Timetable, from_stored


@dataclass(frozen=True, slots=True)
class InstalledJob:
    """Instants are aware UTC, None where they are not known.

    `timetable` is None for an entry of an application, whose schedule is of another type, and where it cannot be read.
    `mark` is the dispatch time of the last occurrence that was decided, `due` that of the next, `since` when it got the
    schedule that it has.
    """

    name: str
    enabled: bool
    timetable: Timetable | None
    zone: str
    extra: Extra
    mark: datetime | None
    due: datetime | None
    since: datetime | None


def read_installed(client: Client, keys: Keys, name: str) -> InstalledJob | None:
    """Return the job that is in force; None where there is none of this name. Raises redis.RedisError."""
    pipe = client.pipeline(transaction=False)
    pipe.hmget(keys.entry(name), "definition", "meta", "job", "since")
    pipe.zscore(keys.schedule, keys.entry(name))
    (definition, meta, extra, since), due = pipe.execute()
    if definition is None:
        return None
    fields = json_object(definition)
    return InstalledJob(
        name=name,
        enabled=bool(fields.get("enabled", True)),
        timetable=_timetable(fields.get("schedule")),
        zone=zone_in(fields),
        extra=_extra(extra),
        mark=read_mark(meta),
        due=instant_or_none(due) if due is not None and due >= 0 else None,
        since=instant_or_none(since),
    )


def _timetable(stored: object) -> Timetable | None:
    try:
        return from_stored(stored)
    except ScheduleError:
        return None


def _extra(text: str | None) -> Extra:
    try:
        return FOREIGN if text is None else Extra.parse(text)
    except (ValueError, KeyError, TypeError, OverflowError):
        return Extra()
