"""What becomes of runs that are due while earlier ones of their jobs have not ended."""

from collections.abc import Sequence
from datetime import datetime

from celery.utils.log import get_logger

from scheduler.policy import Live, Move, Overlap, OverlapPolicy, Placement, place_all
from scheduler.policy.overlap import replaced_by
from scheduler.store.commit import BEHIND, SKIPPED, Message, Target
from scheduler.store.runs.standing import Standing

logger = get_logger(__name__)

# What a step expects of an entry whose job allows overlap.
ANY = -1


class Overlapping:
    """Places runs by what is known of those before them: usually that there is none.

    The commit carries a step out only if there are as many live runs as were known. Where there were others, they are
    read, and the step is decided again.
    """

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._known: dict[str, tuple[Live, ...]] = {}

    def place(self, job: str, overlap: OverlapPolicy, messages: Sequence[Message]) -> tuple[list[Message], int]:
        """Return the messages of runs of one job as they are to be committed, and the live runs that this goes by."""
        if overlap.policy is Overlap.ALLOW or not messages:
            return list(messages), ANY
        # Known for one decision: by the next they are others.
        live = self._known.pop(job, ())
        placements = place_all(overlap, live, [one.run_id for one in messages])
        return [_placed(one, by) for one, by in zip(messages, placements, strict=True)], len(live)

    def met(self, job: str, overlap: OverlapPolicy, runs: Sequence[str], token: str, now: datetime) -> None:
        """Look at the live runs of a job, of which there were others than expected; end those that are to make way.

        They are ended only while `token` is the leader's. Raises redis.RedisError.
        """
        live = self._standing.of(job, now)
        if overlap.policy is Overlap.REPLACE and runs and live:
            reason, last = replaced_by(runs[-1]), place_all(overlap, live, runs)[-1]
            # Before the new run is committed: a beat that dies between the two leaves it due, and nothing is lost.
            self._standing.drop([run for run in last.drop if run not in runs], reason, token, now)
            self._standing.stop([run for run in last.cancel if run not in runs], reason, token, now)
            logger.info("run.replacing job=%s by=%s stopped=%d", job, runs[-1], len(last.cancel))
            live = self._standing.of(job, now)
        self._known[job] = live


def _placed(one: Message, by: Placement) -> Message:
    if by.move is Move.HOLD:
        return one._replace(target=Target(BEHIND, one.target.name))
    return one._replace(target=SKIPPED, text=by.reason) if by.move is Move.SKIP else one
