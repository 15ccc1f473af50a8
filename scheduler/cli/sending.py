"""The message of a run that somebody starts by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kombu.exceptions import OperationalError

from scheduler.beat.capture import broker_connection
from scheduler.beat.render import Refused, Renderer, RunNames
from scheduler.celery import app
from scheduler.errors import SchedulerError
from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.clock import RedisClock, score
from scheduler.store.commit import Message
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys
from scheduler.store.list_names import ListNames, read_list_names
from scheduler.store.presence import read_presences
from scheduler.store.queues import note_used
from scheduler.store.runs.enqueue import Traits, enqueue
from scheduler.store.trigger import read_entry


@dataclass(frozen=True, slots=True)
class Sent:
    """A run that is on its queue, or held back by a pool; `workers` are the live ones that consume it.

    `occurrence` is by Redis's clock; `keeps_ledger` says whether anything more will be heard of the run.
    """

    run_id: str
    task_id: str
    occurrence: datetime
    queue: str
    workers: tuple[str, ...]
    keeps_ledger: bool


def send_now(client: Client, keys: Keys, name: str, *, to_wait: bool = False) -> Sent:
    """Start a run of an installed job.

    Raises SchedulerError where there is no such job, its message cannot be made, or nobody could tell a caller who
    means `to_wait` how the run ends; and redis.RedisError.
    """
    now = RedisClock(client).now()
    entry = _with_queue(read_entry(client, keys, name, app), client, keys, now)
    run_id = message.trigger_id(name, now)
    names = RunNames(run_id, message.task_id(run_id), message.instant(now), _previous(entry))
    list_names = read_list_names(client, keys)
    _refuse_fanout(entry, list_names)
    rendered = _render(entry, names, now, list_names)
    queue = _queue(entry, rendered, list_names)
    keeps_ledger = rendered is not None and bool(client.sismember(keys.ledgered, queue))
    if to_wait and not keeps_ledger:
        raise SchedulerError(
            f'no worker of the queue "{queue}" has shown that it records how runs end: leave out --wait'
        )
    note_used(client, keys, [queue], list_names)
    if rendered is None:
        _send(entry, names, list_names)
    else:
        traits = Traits.of(entry.extra, now) if keeps_ledger else None
        enqueue(client, keys, run_id, (rendered.target.name, rendered.text), now, traits)
    workers = tuple(one.name for one in read_presences(client, keys.workers, now) if queue in one.queues)
    return Sent(run_id, names.task_id, now, queue, workers, keeps_ledger)


def _refuse_fanout(entry: Entry, list_names: ListNames) -> None:
    queue = (entry.options or {}).get("queue")
    if queue in list_names.fanouts:
        # Put on a list, it would lie there for ever.
        raise SchedulerError(
            f'"{entry.name}" goes to every worker that listens to "{queue}", and only the application\'s own processes '
            "can send there"
        )


def _with_queue(entry: Entry, client: Client, keys: Keys, now: datetime) -> Entry:
    """Name the queue to which beat sends what names none: that of the application which it serves."""
    if entry.task not in message.OUR_TASKS and "queue" not in (entry.options or {}):
        beats = read_presences(client, keys.beats, now)
        default = next((beat.default_queue for beat in beats if beat.default_queue), None)
        if default is not None:
            entry.options = {**(entry.options or {}), "queue": default}
    return entry


def _previous(entry: Entry) -> str | None:
    return message.instant(entry.mark) if entry.mark else None


def _render(entry: Entry, names: RunNames, now: datetime, list_names: ListNames) -> Message | None:
    """Return the run's message; None where it is not one that lies on a list, as with a fanout exchange."""
    renderer = Renderer(app, list_names.options)
    try:
        rendered = renderer.render(entry, None, names, score(now))
    except (OperationalError, Refused) as error:
        raise SchedulerError(f"the message could not be sent: {error}") from error
    finally:
        renderer.close()
    return rendered[0] if len(rendered) == 1 and rendered[0].target.kind == "list" else None


def _queue(entry: Entry, rendered: Message | None, list_names: ListNames) -> str:
    if rendered is not None:
        return list_names.queue_of(rendered.target.name)
    return str((entry.options or {}).get("queue") or message.DEFAULT_QUEUE)


def _send(entry: Entry, names: RunNames, list_names: ListNames) -> None:
    options: dict[str, Any] = dict(entry.options or {})
    options["headers"] = {
        **(options.get("headers") or {}),
        message.VERSION: message.CURRENT_VERSION,
        message.JOB: entry.name,
        message.RUN_ID: names.run_id,
        message.OCCURRENCE: names.occurrence,
        message.PREVIOUS: names.previous,
    }
    options["task_id"] = names.task_id
    try:
        # A person who waits at a terminal is told at once.
        with broker_connection(app, list_names.options) as connection:
            app.send_task(entry.task, entry.args, entry.kwargs, retry=False, connection=connection, **options)
    except OperationalError as error:
        raise SchedulerError(f"the message could not be sent: {error}") from error
