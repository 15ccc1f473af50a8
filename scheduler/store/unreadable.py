"""Entries that this version does not dispatch: broken ones, and those that a later version wrote."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.due import DueEntries
from scheduler.store.entry import Entry
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.keys import Keys

_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry that cannot be read, and why."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was found among the entries that are due, or that no beat looks at: up to a thousand of each."""

    broken: tuple[Broken, ...] = ()
    newer: tuple[str, ...] = ()


def read_unreadable(client: Client, keys: Keys, app: Celery, now: datetime) -> Unreadable:
    """Look where such entries end up: parked at "never" if broken, left due if newer. Raises redis.RedisError."""
    due = client.zrange(keys.schedule, 0, score(now), byscore=True, offset=0, num=_LOOKED_AT)
    parked = client.zrange(keys.schedule, "-inf", "(0", byscore=True, offset=0, num=_LOOKED_AT)
    broken: list[Broken] = []
    newer: list[str] = []
    for name, error in _errors([*due, *parked], DueEntries(client, keys), keys, app):
        if isinstance(error, NewerEntry):
            newer.append(name)
        else:
            broken.append(Broken(name, str(error)))
    return Unreadable(tuple(broken), tuple(newer))


def _errors(found: list[str], entries: DueEntries, keys: Keys, app: Celery) -> Iterator[tuple[str, UnreadableEntry]]:
    for key, fields in zip(found, entries.fields(found), strict=True):
        try:
            Entry.of_stored(keys.name(key), fields, app)
        except UnreadableEntry as error:
            yield keys.name(key), error
