"""What becomes of runs that cannot say it themselves: their process is gone, or their time is up."""

from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler.store.runs.cancel import cancel
from scheduler.store.runs.claim import Claimed, Ending
from scheduler.worker.delivery import Delivery
from scheduler.worker.ledger import Ledger
from scheduler.worker.outcome import WORKER_STOPPED
from scheduler.worker.retrying import finish_or_retry
from scheduler.worker.under_way import UnderWay

logger = get_logger(__name__)


class Fates:
    """Writes outcomes from the worker's own process.

    Nothing is waited for here, and nothing raised: of what could not be written the lease ends, and the leader sees it.
    """

    def __init__(self, ledger: Ledger, worker: str) -> None:
        self._ledger = ledger
        self._claims = ledger.claims(worker)
        self.is_stopping = False

    def timed_out(self, one: UnderWay, seconds: float) -> None:
        """The run was killed because its time was up."""
        one.is_timed_out = True
        self._write(one, Ending("timed_out", f"killed after {seconds:g} s"))

    def process_lost(self, one: UnderWay, error: BaseException) -> None:
        """The process that executed the run is gone."""
        if one.is_timed_out:
            return
        if one.is_cancelled:
            self.cancelled(one)
        else:
            self._lose(one, WORKER_STOPPED if self.is_stopping else f"its process is gone: {error}")

    def cancelled(self, one: UnderWay) -> None:
        """The run was stopped because somebody cancelled it."""
        self._write(one, Ending("cancelled"))

    def stopped(self, one: UnderWay) -> None:
        """The worker stops, and cuts the run off."""
        self._lose(one, WORKER_STOPPED)

    def revoked(self, delivery: Delivery, reason: str) -> None:
        """Celery was told to revoke the task, or it came too late by Celery's own `expires`."""
        try:
            cancel(self._ledger.client, self._ledger.keys, delivery.run_id, reason, self._ledger.now())
            self._claims.end(delivery.run_id, Ending("cancelled", reason), self._ledger.now())
        except RedisError as error:
            tell_unwritten(delivery.run_id, error)

    def _lose(self, one: UnderWay, reason: str) -> None:
        try:
            self._claims.lose([one.delivery.run_id], reason, self._ledger.now())
        except RedisError as error:
            tell_unwritten(one.delivery.run_id, error)
        else:
            logger.warning("run.given_up run=%s reason=%r", one.delivery.run_id, reason)

    def _write(self, one: UnderWay, ending: Ending) -> None:
        run_id = one.delivery.run_id
        try:
            now = self._ledger.now()
            key = self._ledger.keys.run(run_id)
            attempt, by, token = self._ledger.client.hmget(key, "attempt", "cancel", "token")
            if token != one.delivery.token:
                return
            claim = Claimed(run_id, int(attempt or 1), token)
            if by is not None:
                self._claims.finish(claim, Ending("cancelled", by), now)
            else:
                finish_or_retry(self._claims, claim, one.policy, ending, now)
        except RedisError as error:
            tell_unwritten(run_id, error)


def tell_unwritten(run_id: str, error: RedisError) -> None:
    """Say that an outcome could not be written."""
    logger.error("run.unwritten run=%s error=%r then=%r", run_id, str(error), "its lease ends")
