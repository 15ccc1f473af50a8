"""An entry that is due, with what is to be committed for it."""

from typing import NamedTuple

from scheduler.policy import OverlapPolicy, Plan
from scheduler.store.commit import Step


class Prepared(NamedTuple):
    """`name` is the job's, `plan` what was decided, and `step` how it is committed."""

    name: str
    plan: Plan
    step: Step
    overlap: OverlapPolicy
