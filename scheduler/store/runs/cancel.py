"""A person's word that a run is not to go on."""

from datetime import datetime
from enum import StrEnum

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

# ARGV: …, run, who asks. The answer is what the run was.
_CANCEL = """
local run, row = ARGV[3], row_of(ARGV[3])
local state = redis.call('HGET', row, 'state')
if not state then return 'unknown' end
if state ~= 'ended' and is_newer(row) then return 'newer' end
if state == 'running' then
  redis.call('HSET', row, 'cancel', ARGV[4])
elseif state ~= 'ended' then
  end_run(run, 'cancelled', ARGV[4], {})
end
return state
"""


class Cancelled(StrEnum):
    """What became of the wish."""

    DONE = "done"
    """It had not begun, and will not."""
    ASKED = "asked"
    """Its worker will stop it within seconds."""
    ENDED = "ended"
    """There was nothing to cancel: it has an outcome."""
    UNLEDGERED = "dispatched"
    """Its workers keep no ledger: only Celery's own `revoke` reaches them."""
    NEWER = "newer"
    """A later version wrote its row, and can cancel it."""
    UNKNOWN = "unknown"
    """There is no such run."""


_ANSWERS = {
    "running": Cancelled.ASKED,
    "ended": Cancelled.ENDED,
    "unknown": Cancelled.UNKNOWN,
    "newer": Cancelled.NEWER,
}


def cancel(client: Client, keys: Keys, run_id: str, by: str, now: datetime) -> Cancelled:
    """Cancel a run, or ask its worker to; `by` is for its row. Raises redis.RedisError."""
    state = Transition(client, keys, _CANCEL)(milliseconds(now), run_id, by)
    if state == "dispatched":
        return Cancelled.UNLEDGERED
    return _ANSWERS.get(state, Cancelled.DONE)
