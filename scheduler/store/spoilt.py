"""Keys under which something else lies than they are for: all that are found."""

from collections.abc import Iterable
from typing import NamedTuple

from scheduler.store.client import Client
from scheduler.store.key_types import KEY_TYPES, KeyType, fixed_keys, name_of
from scheduler.store.keys import Keys
from scheduler.store.queues import lists_in_use
from scheduler.store.wrong_type import unless_spoilt

_LOOKED_AT = 500


class Spoilt(NamedTuple):
    """A key, what lies there and what should, in Redis's words for types; and what that costs.

    With some, `stops_all`, nothing at all is dispatched.
    """

    key: str
    found: str
    expected: str
    costs: str
    stops_all: bool


def read_spoilt(client: Client, keys: Keys) -> list[Spoilt]:
    """Return all that is found, by name: of the keys that there are once, those of pools and lists in use.

    And of those that scripts came upon, five hundred at most. Raises redis.RedisError.
    """
    expected = fixed_keys(keys) | _of_pools(client, keys) | _of_lists(client, keys) | _typed(keys, noted(client, keys))
    pipe = client.pipeline(transaction=False)
    for key in expected:
        pipe.type(key)
    found = [
        Spoilt(key, kind, *wanted)
        for (key, wanted), kind in zip(expected.items(), pipe.execute(), strict=True)
        if kind not in (wanted.type, "none")
    ]
    return sorted(found)


def note_spoilt(client: Client, keys: Keys, found: Iterable[Spoilt]) -> None:
    """Have the leader, whichever it is then, know of them once they are mended. Raises redis.RedisError."""
    names = [one.key for one in found]
    if names:
        unless_spoilt(lambda: client.sadd(keys.spoilt, *names), None)


def noted(client: Client, keys: Keys) -> set[str]:
    """Return keys that were spoilt, and may be mended by now. Raises redis.RedisError."""
    return set(unless_spoilt(lambda: client.srandmember(keys.spoilt, _LOOKED_AT), []))


def forget_mended(client: Client, keys: Keys, mended: Iterable[str]) -> None:
    """Let go of what was noted of keys that are what they should be again. Raises redis.RedisError."""
    names = list(mended)
    if names:
        unless_spoilt(lambda: client.srem(keys.spoilt, *names), None)


def _of_pools(client: Client, keys: Keys) -> dict[str, KeyType]:
    pools: list[str] = unless_spoilt(lambda: client.hkeys(keys.pools), [])
    return _typed(keys, (key for pool in pools for key in (keys.pool(pool), keys.held_by(pool))))


def _of_lists(client: Client, keys: Keys) -> dict[str, KeyType]:
    return _typed(keys, map(keys.waiting, lists_in_use(client, keys)))


def _typed(keys: Keys, names: Iterable[str]) -> dict[str, KeyType]:
    found = ((key, name_of(keys, key)) for key in names)
    return {key: KEY_TYPES[name] for key, name in found if name is not None}
