"""Leader or standby: the lease, and what is told to others about this beat."""

import os
import socket
import time
from collections.abc import Callable

from celery.utils.log import get_logger

from scheduler import __version__
from scheduler.store.client import Client
from scheduler.store.clock import RedisClock
from scheduler.store.keys import Keys
from scheduler.store.lease import Lease
from scheduler.store.presence import Presence, announce, withdraw

logger = get_logger(__name__)

ANNOUNCE_SECONDS = 2.0


class Leadership:
    """Holds the lease while it can. `leading` is what the last `hold()` said."""

    def __init__(
        self, client: Client, keys: Keys, clock: RedisClock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._monotonic = monotonic
        self._lease = Lease(client, keys.lock)
        self._host = socket.gethostname()
        self._since: float | None = None
        self._announced = float("-inf")
        self.leading = False

    @property
    def token(self) -> str:
        """The fencing token under which this beat writes."""
        return self._lease.token

    def hold(self) -> bool:
        """Take or renew the lease, and say so when that changed. Raises redis.RedisError."""
        leading = self._lease.hold()
        if leading != self.leading:
            self.leading = leading
            self._announced = float("-inf")
            logger.info("beat.leading" if leading else "beat.standby")
        self._announce()
        return leading

    def release(self) -> None:
        """Give the lease up and take this beat off the list. Raises redis.RedisError."""
        self._lease.release()
        withdraw(self._client, self._keys.beats, self._name)
        self.leading = False

    @property
    def _name(self) -> str:
        return f"{self._host}:{os.getpid()}:{self._lease.token[:6]}"

    def _announce(self) -> None:
        if self._monotonic() - self._announced < ANNOUNCE_SECONDS:
            return
        now = self._clock.now().timestamp()
        self._since = now if self._since is None else self._since
        state = "leader" if self.leading else "standby"
        presence = Presence(self._name, self._host, os.getpid(), self._since, now, state, version=__version__)
        announce(self._client, self._keys.beats, presence)
        self._announced = self._monotonic()
