"""kombu renders messages into memory instead of sending them, so that sending can be part of a larger step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery import Celery
from kombu import Connection
from kombu.utils.json import dumps

from scheduler.store.commit import Target

_BOUNDS = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "socket_keepalive": True}


@dataclass(frozen=True, slots=True)
class CapturedMessage:
    """A message as it would have been sent, or when a list of kombu's expires: then `text` is in how many ms.

    `queue` is the one whose list it is: options of the transport may spell the list in other ways.
    """

    target: Target
    text: str
    queue: str = ""


class CaptureMixin:
    """A Redis channel whose last step keeps the message. Everything before it (routing, serializing) is kombu's own.

    The two methods are the SPI of kombu's virtual transports.
    """

    captured: list[CapturedMessage]
    global_keyprefix: str
    priority_steps: list[int]
    _expires: dict[str, int]

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        priority = self._get_message_priority(message, reverse=False)  # type: ignore[attr-defined]
        key = self.global_keyprefix + self._q_for_pri(queue, priority)  # type: ignore[attr-defined]
        self.captured.append(CapturedMessage(Target("list", key), dumps(message), queue))
        if queue in self._expires:
            for step in self.priority_steps:
                key = self.global_keyprefix + self._q_for_pri(queue, step)  # type: ignore[attr-defined]
                self.captured.append(CapturedMessage(Target("expiry", key), str(self._expires[queue])))

    def _put_fanout(self, exchange: str, message: dict[str, Any], routing_key: str, **kwargs: Any) -> None:
        for topic in self._get_publish_topics(exchange, routing_key):  # type: ignore[attr-defined]
            self.captured.append(CapturedMessage(Target("channel", self.global_keyprefix + topic), dumps(message)))


def broker_connection(app: Celery, options: Mapping[str, Any] | None = None) -> Connection:
    """Return a connection to the application's broker on which beat cannot hang, whatever its options leave open.

    These `options` of the transport count before those of the application.
    """
    bounds = {name: value for name, value in _BOUNDS.items() if name not in app.conf.broker_transport_options}
    return app.connection_for_write(transport_options={**bounds, **(options or {})})


def capturing_connection(
    app: Celery, options: Mapping[str, Any] | None = None
) -> tuple[Connection, list[CapturedMessage]]:
    """Return a broker connection that sends nothing, and the list in which its messages appear.

    The transport's class is exchanged on the connection rather than named in its URL: a named one loses TLS.
    """
    captured: list[CapturedMessage] = []
    connection = broker_connection(app, options)
    transport: Any = connection.get_transport_cls()
    channel = type("CaptureChannel", (CaptureMixin, transport.Channel), {"captured": captured})
    connection.transport_cls = type(  # type: ignore[assignment]
        "CaptureTransport", (transport,), {"Channel": channel}
    )
    return connection, captured
