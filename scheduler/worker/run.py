"""The run at hand: what the message's headers say of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from celery.utils.log import get_task_logger

from scheduler.jobs import message
from scheduler.jobs.template import TemplateContext

_logger = get_task_logger("scheduler.run")


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an occurrence, of a trigger, or of a task that somebody called.

    `job` is None for a task called without a job; `occurrence` is then the present. `previous` is the nominal
    time before the occurrence, None where there is none. Both are aware UTC. `attempt` counts from 1.
    """

    id: str
    job: str | None
    occurrence: datetime
    previous: datetime | None
    timezone: str
    attempt: int
    tell: Callable[[float, str], None] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of_request(cls, request: Any, now: datetime) -> Self:
        """Read the run from the request of a Celery task."""
        headers = _Headers(request)
        return cls(
            id=headers.text(message.RUN_ID) or str(request.id),
            job=headers.text(message.JOB),
            occurrence=headers.instant(message.OCCURRENCE) or now,
            previous=headers.instant(message.PREVIOUS),
            timezone=headers.text(message.TIMEZONE) or "UTC",
            attempt=int(request.retries or 0) + 1,
        )

    @property
    def interval(self) -> "Interval | None":
        """The time since the previous occurrence, which a report of what is new covers; None for the first one."""
        return None if self.previous is None else Interval(self.previous, self.occurrence)

    @property
    def logger(self) -> logging.Logger:
        """A logger for what belongs into the run's log. Those of modules get there, too."""
        return _logger

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the run is, from 0 to 1, and what it does. Twice a second the newest of what was told is sent.

        Raises ValueError for a fraction that is none.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"progress is {fraction!r}, expected a number from 0 to 1")
        if self.tell is not None:
            self.tell(fraction, text)

    def template_context(self) -> TemplateContext:
        """What `{{ … }}` in the job's texts stands for in this run."""
        return TemplateContext(
            job=self.job or "",
            run_id=self.id,
            occurrence=self.occurrence,
            previous=self.previous,
            timezone=self.timezone,
        )


class Interval(NamedTuple):
    """From the previous occurrence to this one; both are aware UTC."""

    start: datetime
    end: datetime


class _Headers:
    """Our headers of a message, in whichever place this way of calling put them."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def text(self, name: str) -> str | None:
        value = (self._request.headers or {}).get(name) or self._request.get(name)
        return str(value) if value else None

    def instant(self, name: str) -> datetime | None:
        value = self.text(name)
        return datetime.fromisoformat(value).astimezone(UTC) if value else None
