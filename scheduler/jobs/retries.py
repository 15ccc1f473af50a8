"""`retries:` whether and when a run that went wrong is tried again."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from scheduler.jobs.backoff import RetryPolicy
from scheduler.jobs.model import Model
from scheduler.jobs.texts import Duration, refuse, whole_number

_EXPECTED = 'a number of further attempts such as 2, or keys such as "{max: 2, backoff: 30s}"'
_USUAL = RetryPolicy()

Outcome = Literal["failed", "timed_out"]


def _outcomes(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _share(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        refuse(f"{value!r} is not a share", "the share of a time that may be left out: a number from 0 to 1")
    return float(value)


class WrittenRetries(Model):
    """At most `max` further attempts after these outcomes; `max_backoff` is None where the file leaves it open."""

    max: Annotated[int, whole_number("a number of retries", "a whole number from 0 to 1000", 0, 1_000)] = 0
    backoff: Duration = _USUAL.backoff
    max_backoff: Duration | None = None
    jitter: Annotated[float, BeforeValidator(_share)] = _USUAL.jitter
    on: Annotated[list[Outcome], BeforeValidator(_outcomes), Field(min_length=1)] = Field(
        default=["failed", "timed_out"]
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.max_backoff is not None and self.max_backoff < self.backoff:
            refuse("max_backoff is shorter than backoff", "the longest time between two attempts, at least backoff")
        return self

    @property
    def policy(self) -> RetryPolicy:
        """What the worker goes by."""
        longest = self.max_backoff or max(_USUAL.max_backoff, self.backoff)
        return RetryPolicy(self.max, self.backoff, longest, self.jitter, frozenset(self.on))


def _from_short_form(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"max": value}
    if not isinstance(value, dict | WrittenRetries):
        refuse(f"{value!r} is not a number of retries", _EXPECTED)
    return value


RetriesField = Annotated[WrittenRetries, BeforeValidator(_from_short_form)]
