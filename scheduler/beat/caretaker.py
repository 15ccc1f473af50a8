"""The leader's care for runs that nobody else looks after: lost, due again, vanished, held back, expired, too old."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from celery.utils.log import get_logger

from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.keys import Keys
from scheduler.store.queues import lists_in_use
from scheduler.store.runs.claim import LEASE
from scheduler.store.runs.tend import Tended, Tending
from scheduler.store.runs.trim import Retention, Trimming

logger = get_logger(__name__)

EVERY_SECONDS = 1.0
# While Redis is away no worker can renew its leases. They are believed again once each worker had time to.
BELIEVED_AFTER_SECONDS = LEASE.total_seconds()
# Between two looks, by either clock. For as long a worker may not have come through, or not have been there: this beat
# was frozen, maybe with all the machine, or Redis was, or its clock was set ahead.
LONGEST_GAP = LEASE / 3
_LOGGED_EACH = 50
# A queue that was not refused for so long took what it was given meanwhile.
SILENT_SECONDS = 300.0


class Caretaker:
    """Makes a round each second; each is bounded, so that no dispatch waits for it."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        retention: Retention,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._keys = keys
        self._tending = Tending(client, keys, message.RUN_ID)
        self._trimming = Trimming(client, keys, retention)
        self._monotonic = monotonic
        self._steady_since = monotonic()
        self._last_round = float("-inf")
        # By queue and reason, when it was refused last.
        self._told: dict[str, float] = {}
        self._last_look: tuple[float, datetime] | None = None

    def interrupted(self) -> None:
        """Note that Redis was away, or that this beat did not lead until now."""
        self._steady_since = self._monotonic()

    def looked(self, now: datetime) -> None:
        """Note that this beat and Redis were there at `now`, by Redis's clock."""
        looked = self._monotonic()
        if self._last_look is not None:
            before, then = self._last_look
            if max(timedelta(seconds=looked - before), now - then) > LONGEST_GAP:
                self.interrupted()
        self._last_look = looked, now

    def turn(self, now: datetime) -> None:
        """Let held runs go that may, and make a round if it is time. Raises redis.RedisError.

        `now` is the time by Redis's clock.
        """
        self.looked(now)
        _log("run.released", self._tending.release(now))
        self._tell_refused()
        if self._monotonic() - self._last_round < EVERY_SECONDS:
            return
        self._last_round = self._monotonic()
        steady = self._monotonic() - self._steady_since >= BELIEVED_AFTER_SECONDS
        _report(self._tending.tend(now, lists_in_use(self._client, self._keys), trust_leases=steady))
        self._tell_refused()
        self._trimming.trim(now)

    def _tell_refused(self) -> None:
        for words, run_id in self._tending.refusals().items():
            told = self._told.get(words)
            self._told[words] = self._monotonic()
            # It is tried again every few seconds: while that goes on, it is no news.
            if told is None or self._monotonic() - told > SILENT_SECONDS:
                logger.error("run.refused run=%s error=%r", run_id or "-", words)


def _report(tended: Tended) -> None:
    for run_id, became in list(tended.lost.items())[:_LOGGED_EACH]:
        logger.error("run.lost run=%s reason=worker_lost then=%s", run_id, became)
    if len(tended.lost) > _LOGGED_EACH:
        logger.error("run.lost more=%d", len(tended.lost) - _LOGGED_EACH)
    _log("run.retried", tended.retried)
    _log("run.sent_again", tended.missing)
    _log("run.expired", tended.expired)


def _log(event: str, runs: Iterable[str]) -> None:
    named = list(runs)
    for run_id in named[:_LOGGED_EACH]:
        logger.info("%s run=%s", event, run_id)
    if len(named) > _LOGGED_EACH:
        logger.info("%s more=%d", event, len(named) - _LOGGED_EACH)
