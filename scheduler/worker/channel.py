"""A Redis channel of kombu's that says that it is closed.

One that was closed makes kombu 5.7 look for the host of a connection that is not there any more, which ended the
worker: where a run ends after its connection was lost, or a message is to be given back over it.
"""

from typing import Any

from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError


class ClosedChannelMixin:
    """To stand before the channel of kombu's Redis transport."""

    connection: Any

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("the connection was closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]


def guarded(connection: Connection) -> Connection:
    """Return the connection, which must not have been used yet, with such channels.

    Its transport's class is exchanged, rather than named in its URL: a named one loses TLS.
    """
    transport: Any = connection.get_transport_cls()
    if transport.driver_type != "redis":
        return connection
    channel = type("GuardedChannel", (ClosedChannelMixin, transport.Channel), {})
    connection.transport_cls = type("GuardedTransport", (transport,), {"Channel": channel})  # type: ignore[assignment]
    return connection
