"""Signs of life of our own worker: beside the announcement in Redis, a file for probes of its container."""

import signal
from typing import Any

from celery.signals import worker_process_init

from scheduler.heartbeat import Heartbeat
from scheduler.parent_death import die_with_parent
from scheduler.settings import Settings
from scheduler.worker.announcer import Announcer


def role_of(only: str) -> str:
    """Return what a worker is called among the processes of its host; `only` is the setting."""
    return "commands" if only == "commands" else "worker"


class Pulse(Announcer):
    """A step of the worker."""

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        settings = Settings.read(parent.app.conf)
        self._heartbeat = Heartbeat(settings.data, role_of(settings.only))
        parent.pulse = self

    def stop(self, parent: Any) -> None:
        """Leave the list of workers."""
        self._heartbeat.clear()
        super().stop(parent)

    terminate = stop

    def waits(self) -> None:
        """Note that the worker's loop stands because it waits for Redis: no reason to restart it."""
        self._heartbeat.beat(state="redis away")

    def seen(self, is_told: bool) -> None:
        """Write the file."""
        self._heartbeat.beat(state="ready" if is_told else "redis away")


@worker_process_init.connect  # type: ignore[misc,unused-ignore]
def _die_with_the_worker(**_kwargs: Any) -> None:
    # Otherwise a pool process whose worker was killed lives on for as long as its task.
    die_with_parent(signal.SIGKILL)
