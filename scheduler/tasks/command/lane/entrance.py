"""Where messages come into the lane: a step of the consumer, in the thread of its event loop."""

from collections.abc import Callable, Sequence
from typing import Any

from celery import bootsteps, signals
from celery.utils.log import get_logger
from celery.worker import state
from redis.exceptions import RedisError, ResponseError

from scheduler.jobs.message import COMMAND
from scheduler.store.list_names import ListNames
from scheduler.store.runs.claim import NEWER, Claimed, Dropped, Wanted
from scheduler.store.runs.take import Intake, Waiting
from scheduler.store.server import find_server
from scheduler.tasks.command.lane.arrival import Arrival, arrival, waiting_arrival
from scheduler.worker.configuration import settings_of
from scheduler.worker.ledger import STOPPING, ledger_of
from scheduler.worker.loop_client import loop_client
from scheduler.worker.request import is_for_all
from scheduler.worker.taking import tell_dropped

logger = get_logger(__name__)

_AGAIN_SECONDS = 1.0
# What Celery tells of a task of its own.
_TOLD = (
    signals.task_received,
    signals.task_prerun,
    signals.task_postrun,
    signals.task_success,
    signals.task_failure,
    signals.task_revoked,
)


class LaneEntrance(bootsteps.StartStopStep):
    """Claims the runs of messages that are the lane's, and takes with them what waits behind them on their queue."""

    requires = ("celery.worker.consumer.tasks:Tasks", "scheduler.worker.later:LaterMessages")

    def include_if(self, parent: Any) -> bool:
        """Whether the worker has a lane."""
        return getattr(parent.controller, "lane", None) is not None

    def create(self, parent: Any) -> None:
        """Stand before Celery's own handler."""
        settings = settings_of(parent.app)
        self._worker = parent.controller.ledger_step.worker
        self._ledger = ledger_of(parent.app)
        self._claims = self._ledger.claims(self._worker)
        self._intake = Intake(loop_client(settings), self._ledger.keys, self._worker)
        self._names = ListNames.of_options(parent.app.conf.broker_transport_options)
        self._is_ledgers_broker = (parent.app.conf.broker_read_url or parent.app.conf.broker_url) == find_server(
            settings
        ).broker
        self._consumer = parent
        self._lane = parent.controller.lane
        self._lane.on_slack = self._on_slack
        self._asked: list[tuple[Waiting, Wanted, Arrival]] = []
        self._arrived: list[tuple[Any, Arrival]] = []
        self._queues: set[str] = set()
        self._is_to_look = self._wants_more = False
        create = parent.create_task_handler
        parent.create_task_handler = lambda *args, **named: self._before(create(*args, **named))

    def start(self, parent: Any) -> None:
        """Begin with a new connection. What came by the last one comes again, and is dropped if it was claimed."""
        self._is_to_look = False
        self._look_soon()
        qos, room = parent.task_consumer.channel.qos, self._lane.room
        room.count_elsewhere(lambda: qos.prefetch_count - (qos.can_consume_max_estimate() or 0))
        can_consume = qos.can_consume
        qos.can_consume = lambda: room.left > 0 and can_consume()

    def _before(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        self._handle = handle

        def on_message(received: Any) -> None:
            one = self._arrival(received)
            if one is None:
                handle(received)
                return
            self._arrived.append((received, one))
            self._queues.add(str(received.delivery_info.get("routing_key")))
            self._look_soon()

        return on_message

    def _arrival(self, received: Any) -> Arrival | None:
        if self._is_listened_to() or is_for_all(received):
            return None
        return self._unrevoked(arrival(received.headers, received.content_type, received.body, self._worker))

    def _unrevoked(self, one: Arrival | None) -> Arrival | None:
        return None if one is None or one.task_id in state.revoked else one

    def _is_listened_to(self) -> bool:
        """Whether anybody wants to be told of tasks, or has a say in when they run: then it is Celery that does so."""
        consumer, task = self._consumer, self._consumer.app.tasks[COMMAND]
        events = consumer.event_dispatcher
        is_told = events and events.enabled and (not events.groups or "task" in events.groups)
        return bool(
            is_told
            or not task.ignore_result
            or consumer.task_buckets.get(COMMAND)
            or state.revoked_stamps
            or any(signal.receivers for signal in _TOLD)
        )

    def _look_soon(self) -> None:
        if not self._is_to_look:
            self._is_to_look = True
            self._consumer.hub.call_soon(self._look)

    def _on_slack(self) -> None:
        """Hear, in another thread, that there is room again."""
        if self._wants_more:
            self._wants_more = False
            self._consumer.hub.call_soon(self._look)

    def _look(self) -> None:
        self._is_to_look = False
        try:
            self._admit()
            if not STOPPING.is_set() and self._is_ledgers_broker:
                self._take()
        except RedisError as error:
            # Perhaps runs were claimed, and the answer was lost: they are asked for again.
            logger.warning(
                "lane.waiting arrived=%d asked=%d error=%r", len(self._arrived), len(self._asked), str(error)
            )
            self._consumer.timer.call_after(_AGAIN_SECONDS, self._look)

    def _admit(self) -> None:
        """Claim the runs of messages that came, which are acknowledged then: from there on the row is the truth."""
        answers = self._claimed([_wanted(one) for _, one in self._arrived])
        arrived, self._arrived = self._arrived, []
        for (_, one), answer in zip(arrived, answers, strict=True):
            if answer is not None:
                self._pass_on(one, answer)
        # Behind all that cannot fail.
        for (received, _), answer in zip(arrived, answers, strict=True):
            if answer is None:
                self._handle(received)
            else:
                received.ack_log_error(logger, self._consumer.connection_errors)

    def _claimed(self, wanted: Sequence[Wanted]) -> list[Claimed | Dropped | None]:
        """Return the answers to the claims; None of what is Celery's to wait with: a full server, a later version."""
        try:
            answers = self._claims.claim_all(wanted, self._ledger.now())
        except ResponseError as error:
            if len(wanted) > 1:
                return [answer for one in wanted for answer in self._claimed([one])]
            logger.warning("lane.unclaimed run=%s error=%r", wanted[0].run_id, str(error))
            return [None]
        return [None if isinstance(one, Dropped) and one.state == NEWER else one for one in answers]

    def _take(self) -> None:
        room = min(self._lane.room.left, self._lane.runner.most - self._lane.runner.backlog)
        if room <= 0 or self._is_listened_to():
            self._wants_more = room <= 0
            return
        self._asked = self._asked or self._found(room)
        answers = self._intake.take([(at, wanted) for at, wanted, _ in self._asked], self._ledger.now())
        asked, self._asked = self._asked, []
        for (_, _, one), answer in zip(asked, answers, strict=True):
            if answer is not None:
                self._pass_on(one, answer)
        if len(asked) == room and any(answers):
            self._look_soon()

    def _found(self, most: int) -> list[tuple[Waiting, Wanted, Arrival]]:
        """Return what waits next, up to the first message that is not the lane's."""
        queues = self._queues.intersection(self._consumer.app.amqp.queues.consume_from)
        lists = [name for queue in sorted(queues) for name in self._names.lists_of(queue)]
        found = []
        for at in self._intake.waiting(lists, most) if lists else ():
            one = self._unrevoked(waiting_arrival(at.text, self._worker))
            if one is None:
                break
            found.append((at, _wanted(one), one))
        return found

    def _pass_on(self, one: Arrival, answer: Claimed | Dropped) -> None:
        if isinstance(answer, Dropped):
            tell_dropped(answer)
        else:
            self._lane.carry(one, answer)


def _wanted(one: Arrival) -> Wanted:
    return Wanted(one.delivery.run_id, one.delivery.token)
