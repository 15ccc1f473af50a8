"""An entry that is due, with what is to be committed for it."""

from typing import NamedTuple

from scheduler.policy import OverlapPolicy, Plan
from scheduler.store.commit import Step
from scheduler.store.due import Due


class Prepared(NamedTuple):
    """`name` is the job's, `due` what was found of it, `plan` what was decided, and `step` how it is committed."""

    name: str
    due: Due
    plan: Plan
    step: Step
    overlap: OverlapPolicy
