"""The consumers of queues that none of our workers consumes: Celery's own answer to who does."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kombu.exceptions import OperationalError
from redis.exceptions import ResponseError

from scheduler.store.list_names import ListNames
from scheduler.store.queues import QueueStatus
from scheduler.store.status import Status

if TYPE_CHECKING:
    from celery import Celery

# How long a worker of another project has to answer.
_SECONDS = 1.0


def with_foreign_consumers(status: Status) -> Status:
    """Ask the workers of other projects about queues that would otherwise be called unconsumed."""
    if all(queue.workers for queue in status.queues):
        return status
    try:
        with _application(status.list_names) as app:
            answers = app.control.inspect(timeout=_SECONDS).active_queues() or {}
    except (ResponseError, OperationalError):
        # Who asks makes a queue for the answers, which a server that takes no writes refuses.
        return status
    consumed = {worker: {queue.get("alias") or queue["name"] for queue in queues} for worker, queues in answers.items()}
    return replace(status, queues=tuple(_completed(queue, consumed) for queue in status.queues))


def _application(names: ListNames) -> "Celery":
    """Return one of the broker and its options that the other workers have: elsewhere they do not listen."""
    from celery import Celery

    from scheduler.celery import app as ours

    app = Celery("scheduler", set_as_current=False, broker=ours.conf.broker_url)
    app.conf.broker_transport_options = ours.conf.broker_transport_options | names.options
    return app


def _completed(queue: QueueStatus, consumed: dict[str, set[str]]) -> QueueStatus:
    foreign = tuple(sorted(worker for worker, names in consumed.items() if queue.name in names))
    return queue if queue.workers else replace(queue, workers=foreign)
