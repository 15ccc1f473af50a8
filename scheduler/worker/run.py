"""The run at hand: what the message's headers say of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from scheduler.jobs import message
from scheduler.jobs.template import TemplateContext


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of an occurrence, of a trigger, or of a task that somebody called.

    `job` is None for a task called without a job; `occurrence` is then the present. `previous` is the nominal
    time before the occurrence, None where there is none. Both are aware UTC.
    """

    id: str
    job: str | None
    occurrence: datetime
    previous: datetime | None
    timezone: str
    attempt: int

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

    def template_context(self) -> TemplateContext:
        """What `{{ … }}` in the job's texts stands for in this run."""
        return TemplateContext(
            job=self.job or "",
            run_id=self.id,
            occurrence=self.occurrence,
            previous=self.previous,
            timezone=self.timezone,
        )


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
