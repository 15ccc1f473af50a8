"""What a job that runs at a fixed time of day does when the clocks change.

Jobs whose minute or hour field starts with `*` follow the clock and are never asked.
"""

from dataclasses import dataclass
from enum import StrEnum


class Gap(StrEnum):
    """When the clocks go forward over the job's time."""

    RUN_AFTER = "run-after"
    """Once, at the first instant after the gap (Debian's rule)."""
    SKIP = "skip"
    """Not that day."""
    SHIFT = "shift"
    """As if the clocks had not changed: 02:30 runs when they show 03:30."""


class Fold(StrEnum):
    """When the clocks go back and the job's time comes twice."""

    FIRST = "first"
    """The first time only (Debian's rule)."""
    SECOND = "second"
    """The second time only."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Dst:
    """A job's rule for both clock changes. The default is what Debian's cron does."""

    gap: Gap = Gap.RUN_AFTER
    fold: Fold = Fold.FIRST


DEBIAN = Dst()
