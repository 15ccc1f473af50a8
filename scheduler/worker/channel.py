"""A Redis channel of kombu's that outlives what would end kombu 5.7, and the worker with it.

A channel that was closed looks for the host of a connection that is not there any more: where a run ends after its
connection was lost, or a message is to be given back over it. And a text on a queue that is no message, as nobody but a
stranger or a broken client puts there, is an error of the loop that takes messages.
"""

from typing import Any

from celery.utils.log import get_logger
from kombu import Connection
from kombu.transport.virtual import Empty
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import ConnectionError as RedisConnectionError

from scheduler.store.stored_json import parse

logger = get_logger(__name__)

_SHOWN = 200


class GuardedChannelMixin:
    """To stand before the channel of kombu's Redis transport."""

    connection: Any
    Message: Any

    def _connparams(self, *args: Any, **kwargs: Any) -> Any:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("the connection was closed")
        return super()._connparams(*args, **kwargs)  # type: ignore[misc]

    def _create_client(self, *args: Any, **kwargs: Any) -> Any:
        client = super()._create_client(*args, **kwargs)  # type: ignore[misc]
        answer = client.parse_response

        def answer_with_a_message(connection: Any, command: str, **options: Any) -> Any:
            found = answer(connection, command, **options)
            # As if nothing had come in time.
            return None if command == "BRPOP" and found and not self._can_take(*found) else found

        client.parse_response = answer_with_a_message
        return client

    def _can_take(self, queue_list: bytes | str, text: bytes | str) -> bool:
        """Whether kombu can. What it cannot take nobody can execute; it is off its queue already, so it is shown."""
        problem = self._problem_of(bytes_to_str(text))
        if problem:
            logger.error(
                "message.unreadable list=%s problem=%r bytes=%d text=%r",
                bytes_to_str(queue_list),
                problem,
                len(text),
                bytes_to_str(text[:_SHOWN]),
            )
        return not problem

    def _problem_of(self, text: str) -> str:
        try:
            # What kombu does with it next.
            message = self.Message(parse(text), channel=self)
            if not isinstance(message.delivery_tag, str | int):
                return f"its delivery tag is {message.delivery_tag!r}"
            _ = message.delivery_info["exchange"], message.delivery_info["routing_key"]
        except ValueError as error:
            return str(error)
        except (TypeError, KeyError, AttributeError) as error:
            return f"it is not of kombu's form: {error!r}"
        return ""

    def _receive_one(self, *args: Any) -> Any:
        try:
            return super()._receive_one(*args)  # type: ignore[misc]
        except RecursionError:
            logger.error("message.unreadable exchange=%s problem=%r", "?", "it is nested too deep")
            raise Empty from None

    def _deliver_fanout_message(self, message: Any, exchange: str) -> Any:
        if isinstance(message, dict):
            return super()._deliver_fanout_message(message, exchange)  # type: ignore[misc]
        logger.error("message.unreadable exchange=%s problem=%r", exchange, "it is not a JSON object")
        return False


def guarded(connection: Connection) -> Connection:
    """Return the connection, which must not have been used yet, with such channels.

    Its transport's class is exchanged, rather than named in its URL: a named one loses TLS.
    """
    transport: Any = connection.get_transport_cls()
    if transport.driver_type != "redis":
        return connection
    channel = type("GuardedChannel", (GuardedChannelMixin, transport.Channel), {})
    connection.transport_cls = type("GuardedTransport", (transport,), {"Channel": channel})  # type: ignore[assignment]
    return connection
