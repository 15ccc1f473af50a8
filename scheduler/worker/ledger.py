"""This process's way to the ledger: a connection, the key names, and Redis's clock."""

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeVar

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from celery.utils.log import get_logger
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from scheduler.settings import Settings
from scheduler.store.client import connect
from scheduler.store.clock import RedisClock
from scheduler.store.keys import Keys
from scheduler.store.refusal import refusal
from scheduler.store.runs.claim import Claims
from scheduler.store.server import find_server

logger = get_logger(__name__)

_SYNC_SECONDS = 5.0
_AGAIN_SECONDS = 0.5
# A worker that is told to stop while Redis is away waits so long for it to come back.
_LAST_SECONDS = 5.0

Answer = TypeVar("Answer")


class Ledger:
    """The ledger as a process of a worker sees it. Any thread may use it."""

    def __init__(self, app: Celery) -> None:
        settings = Settings.read(app.conf)
        self.client = connect(find_server(settings))
        self.keys = Keys(settings.key_prefix)
        self._clock = RedisClock(self.client)
        self._synced = float("-inf")
        self._claims: dict[str, Claims] = {}

    def now(self) -> datetime:
        """Return Redis's present. Raises redis.RedisError where it is to be asked and does not answer."""
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            self._clock.sync()
            self._synced = time.monotonic()
        return self._clock.now()

    def claims(self, worker: str) -> Claims:
        """Return what writes the ledger in the name of a worker."""
        found = self._claims.get(worker)
        return found or self._claims.setdefault(worker, Claims(self.client, self.keys, worker))


def insist(action: Callable[[], Answer], what: str) -> Answer:
    """Return what the action returns, again and again while Redis is away or refuses everybody.

    Raises what else it raises; and redis.RedisError where the worker stops and Redis does not come back soon.
    """
    is_waiting, until = False, float("inf")
    while True:
        try:
            return action()
        except RedisError as error:
            if not _passes(error):
                raise
            if not is_waiting:
                logger.warning("ledger.waiting for=%s error=%r", what, str(error))
                is_waiting = True
            if STOPPING.is_set():
                until = min(until, time.monotonic() + _LAST_SECONDS)
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)
        except SoftTimeLimitExceeded:
            # The time was up just when the body had ended: what is to be written down comes first.
            continue


def _passes(error: RedisError) -> bool:
    """Whether the server is away, restarts, is full, a replica for a moment, busy: not what was asked is wrong."""
    return isinstance(error, RedisConnectionError | RedisTimeoutError) or refusal(error) is not None


@cache
def ledger_of(app: Celery) -> Ledger:
    """Return the ledger of an application in this process. Raises SettingsError and ServerError."""
    return Ledger(app)


# Set in the process that is told to stop; its threads are not to wait for ever.
STOPPING = threading.Event()

# A forked child must not share its parent's connection, nor wait for a lock that a thread of the parent held.
os.register_at_fork(after_in_child=ledger_of.cache_clear)
