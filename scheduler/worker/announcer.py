"""Tells Redis that this worker is alive, which queues it consumes, and that it keeps the ledger for them."""

import os
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler import __version__
from scheduler.jobs import message
from scheduler.settings import Settings
from scheduler.store.clock import RedisClock
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, announce, clock_ahead, withdraw
from scheduler.store.queues import note_ledgered
from scheduler.worker.loop_client import loop_client

logger = get_logger(__name__)

EVERY_SECONDS = 3.0


def is_claimed_from(queue: Any) -> bool:
    """Whether a run on the queue is one worker's: what goes through a fanout exchange is everybody's."""
    return bool(queue.exchange.type != "fanout")


class Announcer(bootsteps.StartStopStep):
    """A step of the worker: turns with its event loop, so that a loop that hangs is seen to hang."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        settings = Settings.read(parent.app.conf)
        self._client = loop_client(settings)
        self._keys = Keys(settings.key_prefix)
        self._clock = RedisClock(self._client)
        self._since: float | None = None
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Turn for the first time, and then every few seconds."""
        self._turn(parent)
        self._timer = parent.timer.call_repeatedly(EVERY_SECONDS, self._turn, (parent,), priority=10)

    def stop(self, parent: Any) -> None:
        """Leave the list of workers."""
        if self._timer is not None:
            self._timer.cancel()
        try:
            withdraw(self._client, self._keys.workers, parent.hostname)
        except RedisError as error:
            logger.warning("worker.withdraw_failed error=%r", str(error))

    terminate = stop

    def seen(self, is_told: bool) -> None:
        """Hear whether Redis was told; for whom else it concerns."""

    def _turn(self, parent: Any) -> None:
        try:
            self._announce(parent)
        except RedisError:
            # The address may lead to another server by now; one that was demoted keeps its connections.
            self._client.connection_pool.disconnect()
            self.seen(False)
        else:
            self.seen(True)

    def _announce(self, parent: Any) -> None:
        self._clock.sync()
        now = self._clock.now()
        seen = now.timestamp()
        self._since = seen if self._since is None else self._since
        consumed = parent.app.amqp.queues.consume_from
        # By the name that jobs give it: that of a Broadcast's queue is another one in each worker.
        queues = tuple(sorted(queue.alias or name for name, queue in consumed.items()))
        presence = Presence(
            name=parent.hostname,
            host=parent.hostname.partition("@")[2],
            pid=os.getpid(),
            since=self._since,
            seen=seen,
            state="ready",
            queues=queues,
            version=__version__,
            clock_ahead=clock_ahead(now),
            keeps_ledger=True,
            messages=message.CURRENT_VERSION,
        )
        announce(self._client, self._keys.workers, presence)
        note_ledgered(self._client, self._keys, [name for name, queue in consumed.items() if is_claimed_from(queue)])
