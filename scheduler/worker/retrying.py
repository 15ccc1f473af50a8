"""What a message says of the retries of its run."""

from collections.abc import Mapping

from celery.utils.log import get_logger

from scheduler.jobs import message
from scheduler.jobs.backoff import RetryPolicy

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
