"""`overlap:` what becomes of a run that is due while an earlier one of its job has not ended."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from scheduler.jobs.model import Model
from scheduler.jobs.texts import whole_number

QueueLimit = Annotated[int, whole_number("a number of runs", "a whole number from 1 to 1000", 1, 1_000)]


class WrittenOverlap(Model):
    """It is skipped, runs beside it, waits for it or takes its place; `limit` is for those that wait."""

    policy: Literal["skip", "allow", "queue", "replace"] = "skip"
    limit: QueueLimit | None = None


def _from_short_form(value: Any) -> Any:
    return {"policy": value} if isinstance(value, str) else value


OverlapField = Annotated[WrittenOverlap, BeforeValidator(_from_short_form)]
