"""The entry of a job that somebody wants to run now."""

from celery import Celery

from scheduler.errors import SchedulerError
from scheduler.jobs.suggestion import suggestion
from scheduler.store.client import Client
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys


class NoSuchEntry(SchedulerError):
    """No entry of this name is installed."""


def read_entry(client: Client, keys: Keys, name: str, app: Celery) -> Entry:
    """Return the installed entry. Raises NoSuchEntry, and redis.RedisError."""
    definition, meta, extra = client.hmget(keys.entry(name), "definition", "meta", "job")
    if definition is None:
        hint = suggestion(name, client.hkeys(keys.jobs))
        raise NoSuchEntry(
            f'"{name}" is not installed{hint}: `scheduler list` shows what the file holds, `scheduler status` if a '
            "beat runs"
        )
    try:
        return Entry.of_fields(name, definition, meta, app, extra)
    except ValueError as error:
        raise NoSuchEntry(f'the stored entry of "{name}" cannot be read: {error}') from None
