"""The entry of a job that somebody wants to run now."""

from celery import Celery

from scheduler.errors import SchedulerError
from scheduler.store.client import Client
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys


class NoSuchEntry(SchedulerError):
    """No entry of this name is installed."""


def read_entry(client: Client, keys: Keys, name: str, app: Celery) -> Entry:
    """Return the installed entry. Raises NoSuchEntry, and redis.RedisError."""
    definition, meta = client.hmget(keys.entry(name), "definition", "meta")
    if definition is None:
        raise NoSuchEntry(
            f'"{name}" is not installed: `scheduler list` shows what the file holds, `scheduler status` if a beat runs'
        )
    try:
        return Entry.of_fields(name, definition, meta, app)
    except ValueError as error:
        raise NoSuchEntry(f'the stored entry of "{name}" cannot be read: {error}') from None
