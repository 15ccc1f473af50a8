"""The step of a worker that keeps the ledger: what it puts around tasks, and its warden."""

import os
from typing import Any

from celery import bootsteps
from celery.signals import before_task_publish, worker_shutting_down

from scheduler.worker.fates import Fates
from scheduler.worker.ledger import STOPPING, ledger_of
from scheduler.worker.native_retry import before_publish
from scheduler.worker.request import watch
from scheduler.worker.task import surround
from scheduler.worker.under_way import RunsUnderWay
from scheduler.worker.warden import Warden


class LedgerStep(bootsteps.StartStopStep):
    """Comes before the pool, whose processes inherit what is put around tasks."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        ledger = ledger_of(parent.app)
        # No other process has this name, not even the same worker after a restart.
        self.worker = f"{parent.hostname}/{os.getpid()}"
        self.under_way, self.fates = RunsUnderWay(), Fates(ledger, self.worker)
        for task in parent.app.tasks.values():
            surround(task)
            watch(task, self.worker, self.under_way, self.fates)
        self.warden = Warden(ledger, self.worker, self.under_way, self.fates)
        before_task_publish.connect(before_publish, weak=False)
        worker_shutting_down.connect(self._shutting_down, weak=False)
        parent.ledger_step = self

    def start(self, parent: Any) -> None:
        """Begin to look after runs."""
        self.warden.start()

    def stop(self, parent: Any) -> None:
        """Every run has ended."""
        self.warden.stop()

    def terminate(self, parent: Any) -> None:
        """What still runs is cut off."""
        self.warden.cut_off()
        self.warden.stop()

    def _shutting_down(self, **_kwargs: Any) -> None:
        STOPPING.set()
        self.fates.is_stopping = True
