"""Signs of life of a worker: a file for probes of its container, a field in Redis for `scheduler status`."""

import os
import signal
from typing import Any

from celery import bootsteps
from celery.signals import worker_process_init
from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler import __version__
from scheduler.heartbeat import Heartbeat
from scheduler.jobs import message
from scheduler.parent_death import die_with_parent
from scheduler.settings import Settings
from scheduler.store.client import connect
from scheduler.store.clock import RedisClock
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, announce, clock_ahead, withdraw
from scheduler.store.server import find_server

logger = get_logger(__name__)

EVERY_SECONDS = 3.0


class Pulse(bootsteps.StartStopStep):
    """A step of the worker: turns with its event loop, so that a loop that hangs is seen to hang."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        settings = Settings.read(parent.app.conf)
        # No retries: the loop that this runs in serves the pool as well.
        self._client = connect(find_server(settings), retry=None, retry_on_error=[], socket_timeout=1.0)
        self._key = Keys(settings.key_prefix).workers
        self._clock = RedisClock(self._client)
        self._heartbeat = Heartbeat(settings.data, "worker")
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
        self._heartbeat.clear()
        try:
            withdraw(self._client, self._key, parent.hostname)
        except RedisError as error:
            logger.warning("worker.withdraw_failed error=%r", str(error))

    terminate = stop

    def _turn(self, parent: Any) -> None:
        try:
            self._announce(parent)
        except RedisError:
            self._heartbeat.beat(state="redis away")
        else:
            self._heartbeat.beat(state="ready")

    def _announce(self, parent: Any) -> None:
        self._clock.sync()
        now = self._clock.now()
        seen = now.timestamp()
        self._since = seen if self._since is None else self._since
        presence = Presence(
            name=parent.hostname,
            host=parent.hostname.partition("@")[2],
            pid=os.getpid(),
            since=self._since,
            seen=seen,
            state="ready",
            queues=tuple(sorted(parent.app.amqp.queues.consume_from)),
            version=__version__,
            clock_ahead=clock_ahead(now),
            messages=message.CURRENT_VERSION,
        )
        announce(self._client, self._key, presence)


@worker_process_init.connect  # type: ignore[misc,unused-ignore]
def _die_with_the_worker(**_kwargs: Any) -> None:
    # Otherwise a pool process whose worker was killed lives on for as long as its task.
    die_with_parent(signal.SIGKILL)
