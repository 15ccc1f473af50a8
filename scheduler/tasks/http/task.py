"""The Celery task `scheduler.http`."""

from typing import Any

from celery import Task, shared_task

from scheduler.jobs import Http
from scheduler.jobs.message import HTTP
from scheduler.tasks.arguments import read_arguments
from scheduler.worker import current_masker, current_run
from scheduler.worker.configuration import settings_of


@shared_task(name=HTTP, bind=True)
def run_http(self: Task[Any, Any], http: dict[str, Any]) -> dict[str, Any]:
    """Send a request for the current run's occurrence, within its time limit."""
    # Loaded with the first request: it takes a fifth of a second, and many workers send none.
    from scheduler.tasks.http.send import send

    arguments = read_arguments(Http, "http", http)
    _hard, soft = self.request.timelimit or (None, None)
    hosts = settings_of(self.app).http_hosts
    return send(arguments, current_run, hosts, current_masker(), soft)
