"""Decide what becomes of a run that is due while earlier ones of its job have not ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

WAITING_LIMIT = 1_000


class Overlap(StrEnum):
    """What a job wants."""

    SKIP = "skip"
    ALLOW = "allow"
    QUEUE = "queue"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class OverlapPolicy:
    """`limit` is how many runs may wait for an earlier one where the policy is `queue`."""

    policy: Overlap = Overlap.SKIP
    limit: int = 1


DEFAULT_OVERLAP = OverlapPolicy()


@dataclass(frozen=True, slots=True)
class Live:
    """A run that has not ended: queued, running, between retries, or held back.

    `waits` where an earlier run of its job holds it back; one that only a pool holds back does not.
    """

    id: str
    waits: bool = False


class Move(StrEnum):
    """What becomes of the new run itself."""

    DISPATCH = "dispatch"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Placement:
    """What becomes of a new run, and for its sake of others.

    `reason` is for its row where it is skipped. `cancel` are runs to be stopped, `drop` those that waited and will not
    run: they end as cancelled and skipped, both for the reason `replaced_by`.
    """

    move: Move
    reason: str = ""
    cancel: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


DISPATCHED = Placement(Move.DISPATCH)


def place(overlap: OverlapPolicy, live: Sequence[Live]) -> Placement:
    """Decide on one new run of a job; `live` are its runs that have not ended, oldest first.

    Where there is none, or the job allows overlap, nobody needs to know which they are.
    """
    if not live or overlap.policy is Overlap.ALLOW:
        return DISPATCHED
    if overlap.policy is Overlap.REPLACE:
        under_way = tuple(run.id for run in live if not run.waits)
        return Placement(Move.HOLD, cancel=under_way, drop=tuple(run.id for run in live if run.waits))
    waiting = sum(run.waits for run in live)
    if overlap.policy is Overlap.QUEUE and waiting < overlap.limit:
        return Placement(Move.HOLD)
    return Placement(Move.SKIP, reason=overlap_with(_first_under_way(live)))


def place_all(overlap: OverlapPolicy, live: Iterable[Live], run_ids: Sequence[str]) -> list[Placement]:
    """Decide on several runs that are due in one pass, oldest first: each meets those before it.

    Where each would replace the one before it, only the last is worth beginning.
    """
    if overlap.policy is Overlap.REPLACE and len(run_ids) > 1:
        skipped = Placement(Move.SKIP, reason=replaced_by(run_ids[-1]))
        return [*[skipped] * (len(run_ids) - 1), place(overlap, list(live))]
    met, placements = list(live), []
    for run_id in run_ids:
        placement = place(overlap, met)
        placements.append(placement)
        if placement.move is not Move.SKIP:
            met.append(Live(run_id, waits=placement.move is Move.HOLD))
    return placements


def overlap_with(run_id: str) -> str:
    """Return the reason of a run that was skipped because this one had not ended."""
    return f"overlap with {run_id}"


def replaced_by(run_id: str) -> str:
    """Return the reason of a run that had to make way for this one."""
    return f"replaced by {run_id}"


def _first_under_way(live: Sequence[Live]) -> str:
    return next((run.id for run in live if not run.waits), live[0].id)
