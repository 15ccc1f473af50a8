"""The runs of a job that have not ended, as the policy of overlap looks at them, and what it asks of them."""

from collections.abc import Sequence
from datetime import datetime

from scheduler.policy import Live
from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

# ARGV: …, lock, token. A beat that was frozen may act for a run that its successor has sent: the live one is that run.
_LEADING = "if redis.call('GET', ARGV[3]) ~= ARGV[4] then return 0 end\n"

# ARGV: …, lock, token, who asks, then runs that are to stop. Those of a later version stay live: they are waited for.
_STOP = """
for i = 6, #ARGV do
  local run, row = ARGV[i], row_of(ARGV[i])
  local state = not is_newer(row) and redis.call('HGET', row, 'state')
  if state == 'running' then
    redis.call('HSETNX', row, 'cancel', ARGV[5])
  elseif state and state ~= 'ended' then
    end_run(run, 'cancelled', ARGV[5], {})
  end
end
"""

# ARGV: …, lock, token, reason, then runs that wait and are not to begin.
_DROP = """
for i = 6, #ARGV do
  local row = row_of(ARGV[i])
  if not is_newer(row) and redis.call('HGET', row, 'state') == 'waiting' then
    end_run(ARGV[i], 'skipped', ARGV[5], {})
  end
end
"""

# A member that has no row any more would stand in the way of all runs to come.
_STANDING = """
local key, answers = P .. ':live:' .. ARGV[3], {}
for _, run in ipairs(redis.call('ZRANGE', key, 0, -1)) do
  local state, fifo = unpack(redis.call('HMGET', row_of(run), 'state', 'fifo'))
  if not state or state == 'ended' then
    redis.call('ZREM', key, run)
  else
    answers[#answers + 1] = run
    answers[#answers + 1] = state == 'waiting' and fifo and 1 or 0
  end
end
return answers
"""


class Standing:
    """Reads runs, and ends them for the sake of others. Each method raises redis.RedisError."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._lock = keys.lock
        self._standing = Transition(client, keys, _STANDING)
        self._stop = Transition(client, keys, _LEADING + _STOP)
        self._drop = Transition(client, keys, _LEADING + _DROP)

    def of(self, job: str, now: datetime) -> tuple[Live, ...]:
        """Return the runs of a job that have not ended, oldest first."""
        found = self._standing(milliseconds(now), job)
        return tuple(Live(run, bool(waits)) for run, waits in zip(found[::2], found[1::2], strict=True))

    def stop(self, runs: Sequence[str], reason: str, token: str, now: datetime) -> None:
        """Cancel runs that are under way, at once or by their workers, if the token still is the leader's."""
        if runs:
            self._stop(milliseconds(now), self._lock, token, reason, *runs)

    def drop(self, runs: Sequence[str], reason: str, token: str, now: datetime) -> None:
        """Skip runs that were held back, if the token still is the leader's."""
        if runs:
            self._drop(milliseconds(now), self._lock, token, reason, *runs)
