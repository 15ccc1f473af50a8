"""`catch_up:` what becomes of occurrences that passed while no beat was running."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from scheduler.jobs.model import Model
from scheduler.jobs.texts import Duration


class WrittenCatchUp(Model):
    """The newest of them runs, or all, or none; and never more than `within` late."""

    policy: Literal["latest", "all", "skip"] = "latest"
    within: Duration = timedelta(days=1)


def _from_short_form(value: Any) -> Any:
    return {"policy": value} if isinstance(value, str) else value


CatchUpField = Annotated[WrittenCatchUp, BeforeValidator(_from_short_form)]
