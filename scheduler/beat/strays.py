"""The leader's look for entries whose scores are no instants."""

import time
from collections.abc import Callable

from celery.utils.log import get_logger

from scheduler.printable import loggable
from scheduler.store.astray import Astray

logger = get_logger(__name__)

EVERY_SECONDS = 5.0


class Strays:
    """Has them mended, and says so."""

    def __init__(self, astray: Astray, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._astray = astray
        self._monotonic = monotonic
        self._looked = float("-inf")

    def look(self, token: str) -> None:
        """Look if it is time. Raises redis.RedisError."""
        if self._monotonic() - self._looked < EVERY_SECONDS:
            return
        self._looked = self._monotonic()
        for stray in self._astray.mend(token):
            key = loggable(stray.key)
            if stray.problem is None:
                logger.error("entry.rescored key=%s score=%r reason=%r", key, stray.score, "the score was no instant")
            else:
                logger.error("entry.broken key=%s problem=%r", key, stray.problem)
