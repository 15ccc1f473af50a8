"""`current_run`: what task code asks for the run that it is executed for."""

from datetime import UTC, datetime
from typing import cast

from celery._state import get_current_task
from celery.local import Proxy

from scheduler.worker.attempt import current_attempt
from scheduler.worker.run import Run


def _current() -> Run:
    attempt = current_attempt()
    if attempt is not None:
        return attempt.run
    task = get_current_task()
    if task is None:
        raise RuntimeError("current_run is known only inside of a task")
    return Run.of_request(task.request, datetime.now(UTC))


current_run = cast("Run", Proxy(_current))
