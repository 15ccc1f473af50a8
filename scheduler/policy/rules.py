"""What a job says of how its runs go on, beside when they are due."""

from dataclasses import dataclass
from datetime import timedelta

from scheduler.policy.overlap import DEFAULT_OVERLAP, OverlapPolicy


@dataclass(frozen=True, slots=True)
class RunRules:
    """`uses` are slots of pools by name; `reruns` is the number of the last attempt after whose loss another follows,
    None where none does; `expires` is how long after its dispatch a run may still start, None for ever.
    """

    overlap: OverlapPolicy = DEFAULT_OVERLAP
    uses: tuple[tuple[str, int], ...] = ()
    reruns: int | None = None
    expires: timedelta | None = None
