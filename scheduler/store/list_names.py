"""How kombu names the lists of a queue, as the broker's options of the application have it that beat serves.

The leader tells it: who only looks, or starts a run by hand, has another application, which knows no such options.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from scheduler.store.client import Client
from scheduler.store.keys import Keys
from scheduler.store.stored_json import parse
from scheduler.store.wrong_type import unless_spoilt

_PREFIX = "global_keyprefix"
_SEPARATOR = "sep"
_STEPS = "priority_steps"


@dataclass(frozen=True, slots=True)
class ListNames:
    """A queue has one list for each step of priority; that of step 0 has the queue's own name.

    The `fanouts` are queues that have none: what goes there goes to every worker at once.
    """

    prefix: str = ""
    separator: str = "\x06\x16"
    steps: tuple[int, ...] = (0, 3, 6, 9)
    fanouts: tuple[str, ...] = ()

    @classmethod
    def of_options(cls, options: Mapping[str, Any], fanouts: Iterable[str] = ()) -> Self:
        """Return what the options of kombu's Redis transport make of it."""
        usual = cls()
        return cls(
            prefix=str(options.get(_PREFIX) or ""),
            separator=str(options.get(_SEPARATOR) or usual.separator),
            steps=tuple(sorted(options.get(_STEPS) or usual.steps)),
            fanouts=tuple(sorted(fanouts)),
        )

    @property
    def options(self) -> dict[str, Any]:
        """The options that make it so."""
        return {_PREFIX: self.prefix, _SEPARATOR: self.separator, _STEPS: list(self.steps)}

    def first_of(self, queue: str) -> str:
        """Return the list of a queue whose name the others have, too, with their step behind it."""
        return f"{self.prefix}{queue}"

    def all_of(self, first: str) -> tuple[str, ...]:
        """Return all lists of the queue whose first one this is, or was by other options."""
        return tuple(f"{first}{suffix}" for suffix in self._suffixes)

    def lists_of(self, queue: str) -> tuple[str, ...]:
        """Return the lists of a queue."""
        return self.all_of(self.first_of(queue))

    def queue_of(self, queue_list: str) -> str:
        """Return the queue that a list belongs to."""
        queue = queue_list.removeprefix(self.prefix)
        return next((queue.removesuffix(end) for end in self._suffixes if end and queue.endswith(end)), queue)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return tuple(f"{self.separator}{step}" if step else "" for step in self.steps)


DEFAULT_NAMES = ListNames()


def tell_list_names(client: Client, keys: Keys, names: ListNames) -> None:
    """Let others know. Raises redis.RedisError."""
    said = {
        "prefix": names.prefix,
        "separator": names.separator,
        "steps": " ".join(map(str, names.steps)),
        "fanouts": json.dumps(names.fanouts),
    }
    unless_spoilt(lambda: client.hset(keys.lists, mapping=said), None)


def read_list_names(client: Client, keys: Keys) -> ListNames:
    """Return what the leader told last; kombu's own where none did, or it makes no sense. Raises redis.RedisError."""
    told = unless_spoilt(lambda: client.hmget(keys.lists, "prefix", "separator", "steps", "fanouts"), [None] * 4)
    prefix, separator, steps, fanouts = told
    if prefix is None or not separator or not steps:
        return DEFAULT_NAMES
    try:
        return ListNames(prefix, separator, tuple(map(int, steps.split())), tuple(map(str, parse(fanouts or "[]"))))
    except (ValueError, TypeError):
        return DEFAULT_NAMES
