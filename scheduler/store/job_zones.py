"""The time zones of installed jobs, for those who show times of their runs."""

from collections.abc import Iterable
from typing import Any

from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.json_object import json_object, object_in
from scheduler.store.keys import Keys


def read_zones(client: Client, keys: Keys, jobs: Iterable[str]) -> dict[str, str]:
    """Return the zone of each job, by name; UTC for one that is not installed. Raises redis.RedisError."""
    names = sorted(set(jobs))
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.hget(keys.entry(name), "definition")
    found = pipe.execute(raise_on_error=False) if names else []
    # An entry of an application may hold anything, or be of another type.
    return {name: zone_in(json_object(definition)) for name, definition in zip(names, found, strict=True)}


def zone_in(definition: dict[str, Any]) -> str:
    """Return the zone that a stored definition says in the headers of its messages; UTC where it says none."""
    return str(object_in(object_in(definition, "options"), "headers").get(message.TIMEZONE) or "UTC")
