"""`dst:` what a job does on the nights when the clocks change."""

from typing import Any, Literal

from pydantic import ValidationError

from scheduler.jobs.model import Model
from scheduler.timetable import Dst, Fold, Gap


class WrittenDst(Model):
    """What becomes of a time that the clocks skip, and of one that they show twice."""

    gap: Literal["run-after", "skip", "shift"] = "run-after"
    fold: Literal["first", "second", "both"] = "first"

    def over(self, base: Dst) -> Dst:
        """Return the rule, with what is not written here taken from `base`."""
        said = self.model_fields_set
        return Dst(Gap(self.gap) if "gap" in said else base.gap, Fold(self.fold) if "fold" in said else base.fold)


def read_dst(written: Any, base: Dst) -> Dst:
    """Return the rule of a job; `base` where it cannot be read, since the job's model says what is wrong with it."""
    try:
        return WrittenDst.model_validate(written).over(base)
    except ValidationError:
        return base
