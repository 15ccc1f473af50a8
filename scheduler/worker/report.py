"""Writes down how an attempt ended, whatever becomes of Redis meanwhile."""

import os

from celery.utils.log import get_logger

from scheduler.store.runs.claim import Ending
from scheduler.worker.attempt import Attempt
from scheduler.worker.ledger import insist
from scheduler.worker.retrying import finish_or_retry

logger = get_logger(__name__)


def report(attempt: Attempt, ending: Ending) -> None:
    """End the run, or let its next attempt be due where the job wants one. Raises redis.RedisError."""
    run_id = attempt.claim.run_id
    if attempt.pid != os.getpid():
        # A child that the body forked came back from it: the run is its parent's.
        return
    close_log(attempt)
    ending = _as_cancelled(attempt, ending) if ending.outcome != "succeeded" else ending
    if not insist(lambda: _write(attempt, ending), f"{run_id} {ending.outcome}"):
        # It was cancelled or given up meanwhile, or Celery's own retry goes on with it.
        logger.debug("run.not_ours run=%s outcome=%s", run_id, ending.outcome)


def close_log(attempt: Attempt) -> None:
    """Send the rest of what the attempt said: before its outcome, after which nobody waits for more."""
    attempt.passed_on.close()
    attempt.log.close()
    insist(attempt.log.flush, f"the log of {attempt.claim.run_id}")


def _as_cancelled(attempt: Attempt, ending: Ending) -> Ending:
    """Whatever a body makes of being stopped, a run that somebody cancelled was cancelled."""
    key = attempt.ledger.keys.run(attempt.claim.run_id)
    by = insist(lambda: attempt.ledger.client.hget(key, "cancel"), attempt.claim.run_id)
    return Ending("cancelled", by) if by is not None else ending


def _write(attempt: Attempt, ending: Ending) -> bool:
    claim, now = attempt.claim, attempt.ledger.now()
    if ending.outcome == "lost":
        return bool(attempt.claims.lose([claim.run_id], ending.reason, now))
    return finish_or_retry(attempt.claims, claim, attempt.policy, ending, now)
