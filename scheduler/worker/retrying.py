"""What a message says of the retries of its run, and what comes of it when an attempt ends."""

from collections.abc import Mapping
from datetime import datetime

from celery.utils.log import get_logger

from scheduler.jobs import message
from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.runs.claim import Claimed, Claims, Ending

logger = get_logger(__name__)


def policy_of(headers: Mapping[str, object]) -> RetryPolicy:
    """Return what the headers of a run say of its retries; none where they cannot be read."""
    text = headers.get(message.RETRIES)
    if not isinstance(text, str):
        return RetryPolicy()
    try:
        return RetryPolicy.of_header(text)
    except ValueError as error:
        # A run that cannot be retried is better than one that does not run.
        logger.error("run.retries_unreadable run=%s error=%r", headers.get(message.RUN_ID), str(error))
        return RetryPolicy()


def finish_or_retry(claims: Claims, claim: Claimed, policy: RetryPolicy, ending: Ending, now: datetime) -> bool:
    """End the run, or let its next attempt be due where the policy has one; False where it is not ours any more.

    Raises redis.RedisError.
    """
    wait = policy.wait(claim.run_id, claim.attempt, ending.outcome)
    return claims.finish(claim, ending, now) if wait is None else claims.retry(claim, ending, now + wait, now)
