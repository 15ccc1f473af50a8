"""The message of a run that somebody starts by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kombu.exceptions import OperationalError

from scheduler.celery import app
from scheduler.cli.server import asking
from scheduler.errors import SchedulerError
from scheduler.jobs import message
from scheduler.settings import Settings
from scheduler.store.clock import RedisClock
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys
from scheduler.store.presence import read_presences
from scheduler.store.queues import note_used
from scheduler.store.trigger import read_entry


@dataclass(frozen=True, slots=True)
class Sent:
    """A run that is on its queue; `workers` are the live ones that consume it. `occurrence` is by Redis's clock."""

    run_id: str
    task_id: str
    occurrence: datetime
    queue: str
    workers: tuple[str, ...]


def send_now(settings: Settings, name: str) -> Sent:
    """Send the message of an installed job. Raises SchedulerError where there is no such job, or no server."""
    keys = Keys(settings.key_prefix)
    with asking(settings) as (client, _):
        entry = read_entry(client, keys, name, app)
        now = RedisClock(client).now()
        workers = read_presences(client, keys.workers, now)
        queue = str((entry.options or {}).get("queue") or message.DEFAULT_QUEUE)
        note_used(client, keys, [queue])
    run_id = message.trigger_id(name, now)
    task_id = _send(entry, run_id, now)
    return Sent(run_id, task_id, now, queue, tuple(one.name for one in workers if queue in one.queues))


def _send(entry: Entry, run_id: str, now: datetime) -> str:
    options: dict[str, Any] = dict(entry.options or {})
    options["headers"] = {
        **(options.get("headers") or {}),
        message.VERSION: message.CURRENT_VERSION,
        message.JOB: entry.name,
        message.RUN_ID: run_id,
        message.OCCURRENCE: message.instant(now),
        message.PREVIOUS: message.instant(entry.mark) if entry.mark else None,
    }
    options["task_id"] = message.task_id(run_id)
    try:
        # A person who waits at a terminal is told at once.
        app.send_task(entry.task, entry.args, entry.kwargs, retry=False, **options)
    except OperationalError as error:
        raise SchedulerError(f"the message could not be sent: {error}") from error
    return str(options["task_id"])
