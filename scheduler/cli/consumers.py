"""The consumers of queues that none of our workers consumes: Celery's own answer to who does."""

from dataclasses import replace

from kombu.exceptions import OperationalError
from redis.exceptions import ResponseError

from scheduler.store.queues import QueueStatus
from scheduler.store.status import Status

# How long a worker of another project has to answer.
_SECONDS = 1.0


def with_foreign_consumers(status: Status) -> Status:
    """Ask the workers of other projects about queues that would otherwise be called unconsumed."""
    if all(queue.workers for queue in status.queues):
        return status
    from scheduler.celery import app

    try:
        answers = app.control.inspect(timeout=_SECONDS).active_queues() or {}
    except (ResponseError, OperationalError):
        # Who asks makes a queue for the answers, which a server that takes no writes refuses.
        return status
    consumed = {worker: {queue["name"] for queue in queues} for worker, queues in answers.items()}
    return replace(status, queues=tuple(_completed(queue, consumed) for queue in status.queues))


def _completed(queue: QueueStatus, consumed: dict[str, set[str]]) -> QueueStatus:
    foreign = tuple(sorted(worker for worker, names in consumed.items() if queue.name in names))
    return queue if queue.workers else replace(queue, workers=foreign)
