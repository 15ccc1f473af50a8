"""The time zones of installed jobs, for those who show times of their runs."""

import json
from collections.abc import Iterable

from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.keys import Keys


def read_zones(client: Client, keys: Keys, jobs: Iterable[str]) -> dict[str, str]:
    """Return the zone of each job, by name; UTC for one that is not installed. Raises redis.RedisError."""
    names = sorted(set(jobs))
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.hget(keys.entry(name), "definition")
    found = pipe.execute(raise_on_error=False) if names else []
    return {name: _zone(definition) for name, definition in zip(names, found, strict=True)}


def _zone(definition: object) -> str:
    # An entry of an application may hold anything, or be of another type.
    try:
        said = json.loads(definition) if isinstance(definition, str) else {}
        return str(said["options"]["headers"][message.TIMEZONE])
    except (ValueError, TypeError, KeyError):
        return "UTC"
