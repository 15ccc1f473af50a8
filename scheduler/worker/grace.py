"""How a worker stops: running tasks get a grace to end in, and what is left then is cut off.

Celery's own soft shutdown sleeps for the whole of its time, also when the last task has long ended. Its warm shutdown
ends with the last task, but waits for ever: here it is cut off by a cold one when the grace is over.
"""

import os
import signal
import threading
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down
from celery.utils.log import get_logger

from scheduler.settings import Settings
from scheduler.worker.interruption import interrupt_all

logger = get_logger(__name__)


class Grace(bootsteps.Step):
    """A step of the worker that bounds its warm shutdown."""

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        self._parent = parent
        self._seconds = Settings.read(parent.app.conf).grace.total_seconds()
        worker_shutting_down.connect(self._shutting_down, weak=False)

    def _shutting_down(self, how: str, **_kwargs: Any) -> None:
        if how != "Warm":
            return
        timer = threading.Timer(self._seconds, self._cut_off)
        timer.daemon = True
        timer.start()

    def _cut_off(self) -> None:
        logger.warning("worker.grace_over seconds=%d: what still runs is cut off", self._seconds)
        # Runs in threads of this process; those in processes of the pool end with these.
        interrupt_all("stopped")
        self._parent.ledger_step.warden.cut_off()
        os.kill(os.getpid(), signal.SIGQUIT)
