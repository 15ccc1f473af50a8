"""The lane as a step of the worker: it begins before messages come, and ends when its last command has."""

import select
import time
from typing import Any

from celery import bootsteps
from celery.concurrency.thread import TaskPool

from scheduler.store.runs.claim import Claimed
from scheduler.tasks.command.lane.arrival import Arrival
from scheduler.tasks.command.lane.reporter import Reporter
from scheduler.tasks.command.lane.room import Room
from scheduler.tasks.command.lane.runner import Runner
from scheduler.tasks.command.lane.transit import Transit
from scheduler.worker.attempt import Attempt
from scheduler.worker.commands import keeper
from scheduler.worker.configuration import settings_of
from scheduler.worker.interruption import interrupt_all
from scheduler.worker.ledger import ledger_of

_LOOK_SECONDS = 0.05
# Of more, another worker of the same queue has the rest meanwhile.
_MOST_STARTING = 64


class Lane(bootsteps.StartStopStep):
    """Of workers of threads that take commands; `room` says how many more there is room for."""

    requires = ("celery.worker.components:Pool", "scheduler.worker.step:LedgerStep")

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        parent.lane = None

    def include_if(self, parent: Any) -> bool:
        """Whether this worker has threads for commands, an event loop, and a system that has epoll."""
        is_of_threads = issubclass(parent.pool_cls, TaskPool)
        is_able = parent.use_eventloop and hasattr(select, "epoll")
        return bool(is_of_threads and is_able and settings_of(parent.app).only != "tasks")

    def create(self, parent: Any) -> None:
        """Be known to the consumer's step, the entrance."""
        self._ledger = ledger_of(parent.app)
        self._claims = self._ledger.claims(parent.ledger_step.worker)
        self._under_way = parent.ledger_step.under_way
        self.room = Room(parent.concurrency)
        self._reporter = Reporter(self._ledger, self._claims, self._written)
        # By a lambda, since the entrance comes later.
        self.runner = Runner(keeper(), self._reporter.hand, lambda: self.on_slack(), _MOST_STARTING)
        parent.lane = self

    def start(self, parent: Any) -> None:
        """Begin."""
        self._reporter.start()
        self.runner.start()

    def stop(self, parent: Any) -> None:
        """Let what runs end; `worker.grace` bounds it."""
        # Not by waiting for a lock: signals are to be heard meanwhile.
        while self.room.taken:
            time.sleep(_LOOK_SECONDS)
        self.runner.stop()
        self._reporter.stop()

    def terminate(self, parent: Any) -> None:
        """End what runs."""
        interrupt_all("stopped")
        self.stop(parent)

    def on_slack(self) -> None:
        """More can be taken; the entrance puts something in this place."""

    def carry(self, arrival: Arrival, claimed: Claimed) -> None:
        """Execute a run that was claimed. From any thread."""
        attempt = Attempt(claimed, arrival.run, self._ledger, self._claims, arrival.policy)
        one = Transit(arrival, attempt, self._under_way)
        self.room.take(one)
        self.runner.hand(one)

    def _written(self, one: Transit) -> None:
        one.over()
        self.room.give_back(one)
        self.on_slack()
