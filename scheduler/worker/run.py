"""The run at hand: what the message's headers say of it."""

import logging
from collections.abc import Callable, Mapping
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
        nested: Mapping[str, Any] = request.headers or {}
        # In whichever place this way of calling put them.
        return cls._read(
            lambda name: nested.get(name) or request.get(name), str(request.id), int(request.retries or 0), now
        )

    @classmethod
    def of_headers(cls, headers: Mapping[str, Any], now: datetime) -> Self:
        """Read the run that the headers of a message name. Raises ValueError for an instant that is none."""
        return cls._read(headers.get, "", 0, now)

    @classmethod
    def _read(cls, header: Callable[[str], Any], task_id: str, retries: int, now: datetime) -> Self:
        return cls(
            id=_text(header(message.RUN_ID)) or task_id,
            job=_text(header(message.JOB)),
            occurrence=_instant(header(message.OCCURRENCE)) or now,
            previous=_instant(header(message.PREVIOUS)),
            timezone=_text(header(message.TIMEZONE)) or "UTC",
            attempt=retries + 1,
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


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(str(value)).astimezone(UTC) if value else None
