"""The queues that jobs go to: how much waits in each, since when, and who consumes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.clock import instant_or_none
from scheduler.store.json_object import json_object, object_in
from scheduler.store.keys import Keys
from scheduler.store.list_names import DEFAULT_NAMES, ListNames, read_list_names, tell_list_names
from scheduler.store.presence import Presence
from scheduler.store.wrong_type import unless_spoilt

_MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """A queue; `workers` are the live ones that consume it.

    `oldest` is when the message that has waited longest was dispatched, an aware UTC instant; None where there is none,
    or where it does not say. `has_jobs` is False where no enabled job goes there (any more), `keeps_ledger` where no
    worker of it has shown that it says how runs end.
    """

    name: str
    messages: int
    workers: tuple[str, ...]
    oldest: datetime | None = None
    has_jobs: bool = True
    keeps_ledger: bool = True


class UsedQueues:
    """The queues that were ever dispatched to: one that no job names any more is not forgotten while messages wait."""

    def __init__(self, client: Client, keys: Keys, names: ListNames) -> None:
        self._client = client
        self._keys = keys
        self._names = names
        self._saved: set[str] = set()

    def begin(self) -> None:
        """Say everything anew: the server may have forgotten it. Raises redis.RedisError."""
        self._saved.clear()
        tell_list_names(self._client, self._keys, self._names)

    def note(self, lists: Mapping[str, str]) -> None:
        """Remember the queues of kombu's lists. Raises redis.RedisError."""
        if len(lists) == len(self._saved):
            return
        note_used(self._client, self._keys, {lists[name] for name in lists.keys() - self._saved}, self._names)
        self._saved |= lists.keys()


def note_used(client: Client, keys: Keys, queues: Iterable[str], names: ListNames = DEFAULT_NAMES) -> None:
    """Remember that messages of jobs go onto these queues. Raises redis.RedisError."""
    client.sadd(keys.queues, *map(names.first_of, queues))


def lists_in_use(client: Client, keys: Keys) -> list[str]:
    """Return kombu's lists of all queues that were ever dispatched to. Raises redis.RedisError."""
    names = read_list_names(client, keys)
    used: set[str] = unless_spoilt(lambda: client.smembers(keys.queues), set())
    return [one for first in used for one in names.all_of(first)]


def note_ledgered(client: Client, keys: Keys, queues: Sequence[str]) -> None:
    """Remember that who consumes these queues claims runs and records outcomes. Raises redis.RedisError."""
    if queues:
        unless_spoilt(lambda: client.sadd(keys.ledgered, *queues), None)


def ledgered_queues(client: Client, keys: Keys) -> frozenset[str] | None:
    """Return the queues whose workers claim runs and record outcomes. Raises redis.RedisError.

    None where that is not to be read, since something else lies there.
    """
    found = unless_spoilt(lambda: client.smembers(keys.ledgered), None)
    return None if found is None else frozenset(found)


def read_queues(
    client: Client, keys: Keys, jobs: Mapping[str, int], default: str, workers: Sequence[Presence]
) -> tuple[QueueStatus, ...]:
    """Return the queues to which enabled jobs go, and those used before in which messages wait, by name.

    `jobs` are those of the file by the queue that they name (`FileRecord.queues`); `default` is that of those that name
    none. Raises redis.RedisError.
    """
    names = read_list_names(client, keys)
    named = {names.first_of(queue or default) for queue in jobs.keys() | _of_statics(client, keys, default)}
    used: set[str] = unless_spoilt(lambda: client.smembers(keys.queues), set())
    looked_at = [_look(client, keys, first, names, first in named, workers) for first in sorted(named | used)]
    return tuple(queue for queue in looked_at if queue.has_jobs or queue.messages)


def _of_statics(client: Client, keys: Keys, default: str) -> set[str]:
    # What an application saved by RedBeat's API is due at once: its queue is one that was used.
    found = client.sscan_iter(keys.statics, count=_MOST_READ)
    names: list[str] = unless_spoilt(lambda: list(islice(found, _MOST_READ)), [])
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.hget(keys.entry(name), "definition")
    return {_of_definition(text) or default for text in pipe.execute(raise_on_error=False)} if names else set()


def _of_definition(definition: object) -> str | None:
    queue = object_in(json_object(definition), "options").get("queue")
    return queue if isinstance(queue, str) else None


def _look(
    client: Client, keys: Keys, first: str, names: ListNames, has_jobs: bool, workers: Iterable[Presence]
) -> QueueStatus:
    name, lists = names.queue_of(first), names.all_of(first)
    pipe = client.pipeline(transaction=False)
    for one in lists:
        pipe.llen(one)
    lengths = [length if isinstance(length, int) else 0 for length in pipe.execute(raise_on_error=False)]
    waiting = [one for one, length in zip(lists, lengths, strict=True) if length]
    consumers = tuple(worker.name for worker in workers if name in worker.queues)
    keeps_ledger = bool(unless_spoilt(lambda: client.sismember(keys.ledgered, name), True))
    return QueueStatus(name, sum(lengths), consumers, _oldest(client, keys, waiting), has_jobs, keeps_ledger)


def _oldest(client: Client, keys: Keys, lists: Sequence[str]) -> datetime | None:
    # kombu puts new messages at the head, and takes them from the tail.
    found = [object_in(json_object(client.lindex(one, -1)), "headers") for one in lists]
    dispatched = (_dispatched(client, keys, headers) for headers in found)
    return min((when for when in dispatched if when is not None), default=None)


def _dispatched(client: Client, keys: Keys, headers: dict[str, Any]) -> datetime | None:
    """Return when the run was dispatched, by its row; where it has none, as that of a trigger, its occurrence."""
    run, occurrence = headers.get(message.RUN_ID), headers.get(message.OCCURRENCE)
    try:
        milliseconds = unless_spoilt(lambda: client.hget(keys.run(str(run)), "dispatched"), None) if run else None
        if milliseconds is not None:
            return instant_or_none(float(milliseconds) / 1000)
        return datetime.fromisoformat(str(occurrence)) if occurrence else None
    except ValueError:
        return None
