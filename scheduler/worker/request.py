"""The worker's side of a delivery: what Celery tells of a run that its pool executes."""

import os
import threading
from functools import cache
from typing import Any

from billiard.exceptions import WorkerLostError
from celery.utils.imports import symbol_by_name
from celery.utils.log import get_logger

from scheduler.worker.delivery import Delivery
from scheduler.worker.fates import Fates
from scheduler.worker.retrying import policy_of
from scheduler.worker.time_limits import time_limits
from scheduler.worker.under_way import RunsUnderWay, UnderWay

logger = get_logger(__name__)

# What it is mixed into is known only when the worker starts.
_Base: Any = object


class RunRequest(_Base):  # type: ignore[misc]
    """Mixed into a task's own class of requests. Messages of no run pass through untouched."""

    _scheduler_under_way: RunsUnderWay
    _scheduler_fates: Fates
    _scheduler_worker: str
    _scheduler_entry: UnderWay | None = None
    _scheduler_delivery: Delivery | None
    time_limits: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if time_limits(self.time_limits) is None:
            # Celery takes them apart in the loop that takes messages, which would end the worker, and the next one.
            logger.error(
                "message.limits_unreadable task=%s limits=%r then=%r", self.id, self.time_limits, "it has none"
            )
            self.time_limits = (None, None)
        if is_for_all(self._message):
            self._scheduler_delivery = None
            Delivery.for_all(self._request_dict)
        else:
            self._scheduler_delivery = Delivery.arrived(self._request_dict, self._scheduler_worker)

    def on_accepted(self, pid: int, time_accepted: float) -> None:
        """Have the run's lease renewed from now on."""
        if self._scheduler_delivery is not None:
            hard, soft = self.time_limits or (None, None)
            self._scheduler_entry = UnderWay(
                delivery=self._scheduler_delivery,
                pid=pid or os.getpid(),
                thread=threading.get_ident(),
                soft=soft or self.task.soft_time_limit,
                hard=hard or self.task.time_limit,
                policy=policy_of(self._request_dict),
            )
            self._scheduler_under_way.add(self._scheduler_entry)
        super().on_accepted(pid, time_accepted)

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Write down that the run was killed because its time was up."""
        if not soft and self._scheduler_entry is not None:
            self._scheduler_fates.timed_out(self._scheduler_entry, timeout)
        super().on_timeout(soft, timeout)

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> None:
        """Write down that the process is gone that executed the run."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if self._scheduler_entry is not None and isinstance(error, WorkerLostError | SystemExit):
            self._scheduler_fates.process_lost(self._scheduler_entry, error)
        super().on_failure(exc_info, send_failed_event, return_ok)

    def acknowledge(self) -> None:
        """Where a message is acknowledged late, its run has ended."""
        self._scheduler_over()
        super().acknowledge()

    def reject(self, requeue: bool = False) -> None:
        """A message that is put back is another delivery when it comes again."""
        self._scheduler_over()
        super().reject(requeue)

    def _announce_revoked(self, reason: str, terminated: bool, signum: Any, expired: bool) -> None:
        if self._scheduler_delivery is not None:
            self._scheduler_fates.revoked(self._scheduler_delivery, reason)
        super()._announce_revoked(reason, terminated, signum, expired)

    def _scheduler_over(self) -> None:
        if self._scheduler_entry is not None and self.task.acks_late:
            self._scheduler_under_way.remove(self._scheduler_entry)


def is_for_all(received: Any) -> bool:
    """Whether the message came through a fanout exchange."""
    exchange = (received.delivery_info or {}).get("exchange")
    # Only kombu's virtual transports, of which Redis is one, have workers that claim.
    type_of = getattr(received.channel, "typeof", None)
    return bool(exchange) and type_of is not None and type_of(exchange).type == "fanout"


def watch(task: Any, worker: str, under_way: RunsUnderWay, fates: Fates) -> None:
    """Have the worker's requests of a task be told here."""
    parts = {"_scheduler_worker": worker, "_scheduler_under_way": under_way, "_scheduler_fates": fates}
    task.Request = type("RunRequest", (_mixed(symbol_by_name(task.Request)),), parts)


@cache
def _mixed(base: type) -> type:
    return type("RunRequest", (RunRequest, base), {})
