"""A beat that believes to lead whatever Redis says: two of them show what holds when the lease does not.

Both write under one token, which must be the value of the lock's key. Started by `chaos.py two-leaders`.
"""

import sys
from typing import Any

from celery.utils.log import get_logger

from scheduler.beat.leadership import Leadership
from scheduler.cli import main
from scheduler.store.commit import Answer, Line, Outcome

TOKEN = "forced"

logger = get_logger("scheduler.beat.forced")
_receive = Line.receive


def _receive_and_tell(self: Line) -> list[Outcome]:
    outcomes = _receive(self)
    moved = sum(one.answer is Answer.MOVED for one in outcomes)
    if moved:
        # The other was first with these: that both tried is what makes the trial one.
        logger.info("commit.contested moved=%d of=%d", moved, len(outcomes))
    return outcomes


def force() -> None:
    """Replace what asks for the lease."""
    forced: Any = Leadership
    forced.hold = lambda self: True
    forced.leading = property(lambda self: True)
    forced.token = property(lambda self: TOKEN)
    told: Any = Line
    told.receive = _receive_and_tell


if __name__ == "__main__":
    force()
    sys.argv = ["scheduler", "beat"]
    main()
