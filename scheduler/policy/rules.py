"""What a job says of how its runs go on, beside when they are due."""

from dataclasses import dataclass
from datetime import timedelta

from scheduler.policy.overlap import DEFAULT_OVERLAP, OverlapPolicy

# A run whose worker is lost again and again may be what kills it: after so many reruns it is left alone.
LEAST_RERUNS = 2


@dataclass(frozen=True, slots=True)
class RunRules:
    """`uses` are slots of pools by name; `reruns` is the number of the last attempt after whose loss another follows,
    None where none does; `expires` is how long after its dispatch a run may still start, None for ever.
    """

    overlap: OverlapPolicy = DEFAULT_OVERLAP
    uses: tuple[tuple[str, int], ...] = ()
    reruns: int | None = None
    expires: timedelta | None = None


DEFAULT_RULES = RunRules()


def last_rerun(retries: int) -> int:
    """Return the number of the last attempt after whose loss the run begins again, where its job wants that.

    A rerun counts as an attempt, so that many `retries` allow for as many reruns.
    """
    return max(retries, LEAST_RERUNS)
