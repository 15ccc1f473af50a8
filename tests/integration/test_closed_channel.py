"""A channel of kombu's whose connection was closed: what is still to be acknowledged over it finds no server."""

from typing import Any

import pytest
from celery import Celery
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from scheduler.store.server import RedisUrl
from scheduler.worker.channel import guarded


def test_it_says_that_it_is_closed(redis_url: str) -> None:
    # kombu's types know no transport but the abstract one.
    connection: Any = guarded(Connection(RedisUrl.parse(redis_url).broker))
    channel = connection.default_channel
    assert channel.client.ping()
    connection.collect()

    with pytest.raises(RedisConnectionError, match="the connection was closed"):
        channel._create_client()


def test_a_broker_of_another_kind_is_left_alone() -> None:
    app = Celery("other", set_as_current=False, broker="memory://")
    connection: Any = app.connection_for_read()
    before = connection.get_transport_cls()

    assert guarded(connection).get_transport_cls() is before
