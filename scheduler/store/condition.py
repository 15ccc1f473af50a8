"""The server itself, as far as it says: what it is, whether it keeps what it is given, and how full it is."""

from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from scheduler.store.client import Client


@dataclass(frozen=True, slots=True)
class Condition:
    """What INFO said. Memory is in bytes; a `memory_limit` of 0 is none. None is what this server does not say."""

    name: str
    version: str
    is_replica: bool
    appends_to_file: bool | None
    persistence_fails: bool
    memory_used: int | None
    memory_limit: int | None
    eviction_policy: str | None

    @property
    def is_full(self) -> bool:
        """Whether it takes no more data."""
        return bool(self.memory_limit) and self.memory_used is not None and self.memory_used >= (self.memory_limit or 0)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The server does not let this user look; `reason` is in its words."""

    reason: str


def read_condition(client: Client) -> Condition | Unknown:
    """Ask the server. Raises redis.RedisError where it does not answer."""
    try:
        return _condition(client.info())
    except ResponseError as error:
        return Unknown(str(error))


def _condition(info: dict[str, Any]) -> Condition:
    aof = info.get("aof_enabled")
    written = (info.get("aof_last_write_status"), info.get("rdb_last_bgsave_status"))
    return Condition(
        name="Valkey" if "valkey_version" in info else "Redis",
        version=str(info.get("valkey_version") or info.get("redis_version") or "of an unknown version"),
        is_replica=info.get("role") == "slave",
        appends_to_file=None if aof is None else bool(aof),
        persistence_fails="err" in written,
        memory_used=info.get("used_memory"),
        memory_limit=info.get("maxmemory"),
        eviction_policy=info.get("maxmemory_policy"),
    )
