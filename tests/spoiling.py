"""Puts something else in the place of a key."""

from typing import Any

TYPES = ("string", "hash", "list", "set", "zset", "stream")


def spoil(client: Any, key: str, kind: str) -> None:
    """Make the key a `string`, `hash`, `list`, `set`, `zset` or `stream`."""
    client.delete(key)
    if kind == "string":
        client.set(key, "a text")
    elif kind == "hash":
        client.hset(key, "a", "text")
    elif kind == "list":
        client.rpush(key, "a text")
    elif kind == "set":
        client.sadd(key, "a text")
    elif kind == "zset":
        client.zadd(key, {"a text": 1})
    else:
        assert kind == "stream"
        client.xadd(key, {"a": "text"})
