"""Takes the run whose message came, or finds that the message is one too many."""

from datetime import UTC, datetime
from typing import Any

from celery.utils.log import get_logger

from scheduler.store.runs.claim import NEWER, Dropped
from scheduler.worker.attempt import Attempt
from scheduler.worker.delivery import Delivery
from scheduler.worker.ledger import Ledger, insist
from scheduler.worker.retrying import policy_of
from scheduler.worker.run import Run

logger = get_logger(__name__)


def take(ledger: Ledger, delivery: Delivery, request: Any) -> Attempt | Dropped:
    """Claim the run. Waits while Redis is away. Raises redis.ResponseError where the run's keys hold something else."""
    retries = int(request.retries or 0)
    claims = ledger.claims(delivery.worker)
    answer = insist(
        lambda: claims.claim(delivery.run_id, delivery.token, ledger.now(), retries), f"{delivery.run_id} to be claimed"
    )
    if isinstance(answer, Dropped):
        tell_dropped(answer)
        return answer
    run = Run.of_request(request, datetime.now(UTC))
    return Attempt(answer, run, ledger, claims, policy_of(request.__dict__), retries)


def tell_dropped(dropped: Dropped) -> None:
    """Say what becomes of a message whose run is not this worker's."""
    if dropped.state == NEWER:
        logger.info("run.newer run=%s reason=%r", dropped.run_id, "a later version wrote its row; back on its queue")
    else:
        logger.info("run.dropped run=%s state=%s", dropped.run_id, dropped.state)
