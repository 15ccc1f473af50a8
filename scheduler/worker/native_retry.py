"""Celery's own retries (`self.retry()`, `autoretry_for`): they go on with the run, as its next attempt."""

import sys
from datetime import datetime
from typing import Any

from scheduler.jobs import message
from scheduler.store.runs.claim import Ending
from scheduler.worker.attempt import Attempt, current_attempt
from scheduler.worker.ledger import insist
from scheduler.worker.outcome import exception_text


def before_publish(headers: Any = None, **_kwargs: Any) -> None:
    """Write down that Celery sends the run's next attempt, before another worker can have its message.

    A receiver of Celery's signal `before_task_publish`, in workers only.
    """
    attempt = current_attempt()
    if attempt is None or not isinstance(headers, dict):
        return
    # Of the same delivery: what the body sends otherwise has none of our headers.
    if not str(headers.get(message.DELIVERY, "")).endswith(f"/{attempt.claim.token}"):
        return
    del headers[message.DELIVERY]
    retries = int(headers.get("retries") or 0)
    if retries > attempt.retries:
        insist(attempt.log.flush, f"the log of {attempt.claim.run_id}")
        ending = _ending(attempt, sys.exception())
        insist(lambda: _write(attempt, ending, retries, headers.get("eta")), f"{attempt.claim.run_id} to be retried")


def _ending(attempt: Attempt, error: BaseException | None) -> Ending:
    fields = {} if error is None else {"exception": attempt.masker.text(exception_text(error))}
    return Ending("failed", "retry", fields)


def _write(attempt: Attempt, ending: Ending, retries: int, eta: Any) -> None:
    now = attempt.ledger.now()
    at = datetime.fromisoformat(eta) if isinstance(eta, str) else now
    attempt.claims.retry(attempt.claim, ending, max(at, now), now, native=retries)
