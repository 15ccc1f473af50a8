"""Messages of runs: rendered by kombu, in full or once for each revision with the names of the run left open."""

import json
import re
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from celery import Celery, Task, signals
from celery.app.routes import MapRoute
from celery.result import denied_join_result
from kombu.exceptions import OperationalError
from redis.exceptions import ResponseError

from scheduler.beat.capture import CapturedMessage, capturing_connection
from scheduler.jobs import message
from scheduler.store.commit import Message, Target
from scheduler.store.entry import Entry
from scheduler.store.refusal import refusal

# In Celery's message protocol 1 the names of a run stand in the body, where they cannot be filled in.
_PROTOCOL = 2
# Options that stand for an instant, or for a choice, that each message makes anew.
_MADE_ANEW = frozenset({"countdown", "eta", "expires"})


class Refused(Exception):
    """Redis refused what kombu asked while it rendered; it may not at the next pass."""


class RunNames(NamedTuple):
    """What differs between two messages of one revision."""

    run_id: str
    task_id: str
    occurrence: str
    previous: str | None

    @classmethod
    def of(cls, name: str, occurrence: str, previous: str | None) -> Self:
        """Name the run of an occurrence; both instants are as messages hold them."""
        run_id = f"{name}@{occurrence}"
        return cls(run_id, message.task_id(run_id), occurrence, previous)


# Unlike anything that a job can hold, so that each hole is found exactly where a name was put.
_MARK = uuid.uuid4().hex
_BLANKS = RunNames(f"run-{_MARK}", f"task-{_MARK}", f"occurrence-{_MARK}", f"previous-{_MARK}")
_BLANK_TAG = f"tag-{_MARK}"
_HOLES = tuple(
    json.dumps(one) for one in (_BLANKS.run_id, _BLANKS.task_id, _BLANKS.occurrence, _BLANKS.previous, _BLANK_TAG)
)
_HOLE = re.compile("(" + "|".join(map(re.escape, _HOLES)) + ")")


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A message with holes: between each two of its pieces stands the value that the number in `holes` names."""

    target: Target
    pieces: tuple[str, ...]
    holes: tuple[int, ...]

    def fill(self, names: RunNames, tag: str) -> str:
        """Return the text of one run's message; `tag` is kombu's delivery tag, another for each message."""
        # No name of a job of the file, of which alone there are templates, needs escaping.
        values = (
            f'"{names.run_id}"',
            f'"{names.task_id}"',
            f'"{names.occurrence}"',
            f'"{names.previous}"' if names.previous else "null",
            f'"{tag}"',
        )
        parts = list(self.pieces)
        parts[1::2] = [values[hole] for hole in self.holes]
        return "".join(parts)


class Renderer:
    """Renders messages with the routes, serializers and task options of an application.

    These `options` of the broker's transport count before its own.
    """

    def __init__(self, app: Celery, options: Mapping[str, Any] | None = None) -> None:
        self._app = app
        self._options = options
        self._connect()
        self._tags = _tags()
        # kombu's lists on which messages were rendered so far, and the queue of each.
        self.lists: dict[str, str] = {}

    def close(self) -> None:
        """Let the broker connection go."""
        self._connection.release()

    def reconnect(self) -> None:
        """Connect anew at the next message that has to be built, and tell the server of the queues again."""
        self._connection.release()
        self._connect()

    def _connect(self) -> None:
        self._connection, self._captured = capturing_connection(self._app, self._options)
        self._producer = self._app.amqp.Producer(self._connection, auto_declare=False)
        self._knows_fanouts = False

    def template(self, entry: Entry) -> MessageTemplate | None:
        """Return the entry's message with holes, or None where each of its messages has to be built in full.

        Raises kombu's OperationalError where Redis is away, and whatever building a message raises.
        """
        if not self._is_uniform(entry):
            return None
        built = self._build(entry, _BLANKS)
        return _cut(built[0]) if len(built) == 1 else None

    def render(
        self, entry: Entry | None, template: MessageTemplate | None, names: RunNames, due: float
    ) -> list[Message]:
        """Return the messages of one run that should leave at `due`, in seconds, by one of the two.

        Raises like `template`.
        """
        if template is not None:
            return [Message(template.target, template.fill(names, self._tags()), names.run_id, due)]
        assert entry is not None
        return [Message(one.target, one.text, names.run_id, due) for one in self._build(entry, names)]

    def _is_uniform(self, entry: Entry) -> bool:
        if signals.before_task_publish.receivers or signals.after_task_publish.receivers:
            return False
        if self._app.conf.task_protocol != _PROTOCOL:
            return False
        if _MADE_ANEW & set(entry.options or {}) or not _plain(entry.args) or not _plain(entry.kwargs):
            return False
        task = self._app.tasks.get(entry.task)
        if task is not None and (type(task).apply_async is not Task.apply_async or task.expires is not None):
            return False
        router: Any = self._app.amqp.router
        return all(isinstance(route, MapRoute) for route in router.routes or ())

    def _build(self, entry: Entry, names: RunNames) -> list[CapturedMessage]:
        options: dict[str, Any] = dict(entry.options or {})
        options["headers"] = {
            **(options.get("headers") or {}),
            "celery_beat_task": True,
            message.VERSION: message.CURRENT_VERSION,
            message.JOB: entry.name,
            message.RUN_ID: names.run_id,
            message.OCCURRENCE: names.occurrence,
            message.PREVIOUS: names.previous,
        }
        options.setdefault("task_id", names.task_id)
        # No retry: nothing is sent here, and the commit has its own answer to a Redis that is away.
        options |= {"producer": self._producer, "retry": False}
        self._captured.clear()
        try:
            # Beat waits for no result: it need not subscribe to the channel of each.
            with denied_join_result():
                self._learn_fanouts()
                self._send(entry, options)
        except (OperationalError, ResponseError) as error:
            # kombu looks at a queue before it first sends to it; what Redis answers is not that it is away.
            answer = error if isinstance(error, ResponseError) else error.__cause__
            if isinstance(answer, ResponseError) and refusal(answer) is None:
                raise Refused(str(error)) from error
            raise
        self.lists.update((one.target.name, one.queue) for one in self._captured if one.target.kind == "list")
        return list(self._captured)

    def _learn_fanouts(self) -> None:
        """Tell kombu which exchanges go to everybody: of a Broadcast, Celery does not, and kombu would send nothing."""
        if self._knows_fanouts:
            return
        channel: Any = self._producer.channel
        for queue in fanout_queues(self._app).values():
            queue.exchange(channel).declare()
        self._knows_fanouts = True

    def _send(self, entry: Entry, options: dict[str, Any]) -> None:
        task = self._app.tasks.get(entry.task)
        if task:
            task.apply_async(entry.args, entry.kwargs, **options)
        else:
            self._app.send_task(entry.task, entry.args, entry.kwargs, **options)


def fanout_queues(app: Celery) -> dict[str, Any]:
    """Return the queues of an application from which every worker gets everything, by the names that jobs use."""
    queues: dict[str, Any] = app.amqp.queues
    return {queue.alias or name: queue for name, queue in queues.items() if queue.exchange.type == "fanout"}


def _plain(value: Any) -> bool:
    """Whether the arguments are what they are, and not Celery's lazy ones, which are evaluated at each send."""
    try:
        json.dumps(value)
    except TypeError:
        return False
    return True


def _cut(built: CapturedMessage) -> MessageTemplate | None:
    tag = json.loads(built.text).get("properties", {}).get("delivery_tag")
    if not isinstance(tag, str):
        return None
    pieces = _HOLE.split(built.text.replace(tag, _BLANK_TAG))
    holes = tuple(_HOLES.index(piece) for piece in pieces[1::2])
    # A name that is found nowhere, or in a place where it is part of a longer text, cannot be filled in by pieces.
    if set(holes) != set(range(len(_HOLES))) or any(_MARK in piece for piece in pieces[::2]):
        return None
    # Most pieces are the same in the messages of all jobs.
    return MessageTemplate(built.target, tuple(map(sys.intern, pieces)), holes)


def _tags() -> Callable[[], str]:
    """Delivery tags as unlike as kombu's own UUIDs, at the price of a count."""
    prefix, count = uuid.uuid4().hex, 0

    def following() -> str:
        nonlocal count
        count += 1
        return f"{prefix}-{count}"

    return following
