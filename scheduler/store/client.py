"""Connections to Redis that survive its restarts."""

from typing import Any, TypeAlias

from redis import Redis, exceptions
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from scheduler.store.packer import ESCAPED, Packer
from scheduler.store.server import RedisUrl

# redis-py types each answer as "bytes or str or a coroutine"; with decode_responses it is none of these but str.
Client: TypeAlias = Any


def connection_options(url: RedisUrl, retries: int = 2) -> dict[str, Any]:
    """The redis-py options of every client here. Two quick retries; who waits longer decides that for itself."""
    network = {} if url.scheme == "unix" else {"socket_connect_timeout": 2.0, "socket_keepalive": True}
    return {
        "decode_responses": True,
        # Whatever others wrote can be read, and a key whose name is no text be named again.
        "encoding_errors": ESCAPED,
        "command_packer": Packer(),
        "socket_timeout": 5.0,
        **network,
        "health_check_interval": 10,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), retries),
        "retry_on_error": [
            exceptions.BusyLoadingError,
            exceptions.ConnectionError,
            exceptions.TimeoutError,
            # Nothing was done; and the address may lead to another server by now, which only a new connection reaches.
            exceptions.ReadOnlyError,
            exceptions.MasterDownError,
        ],
    }


def connect(url: RedisUrl, **changes: Any) -> Client:
    """Return a client; nothing is sent before its first command."""
    return Redis.from_url(url.client, **{**connection_options(url), **changes})
