"""How much history is kept: by count and age, and within a budget for rows and one for logs, the oldest let go first.

Nothing is scanned: each step takes some from the old end of a sorted set. Runs that have not ended are in none of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

_AT_ONCE = 500
_SAMPLE = 20
# What a run costs beside its row: a member of each of two sorted sets, with their scores.
INDEX_BYTES = 300
_USUAL_ROW_BYTES = 2_000
# More than there can be, and exact as the floating-point number that it is to Lua.
_ALL = 2**53

_FORGET = """
local function forget_log(run, row)
  local size = tonumber(redis.call('HGET', row, 'log') or 0)
  redis.call('DEL', P .. ':log:' .. run, P .. ':tail:' .. run)
  redis.call('ZREM', P .. ':logs', run)
  if size > 0 then redis.call('DECRBY', P .. ':log-bytes', size) end
end

local function forget(run)
  local row = row_of(run)
  local state, outcome = unpack(redis.call('HMGET', row, 'state', 'outcome'))
  if state and state ~= 'ended' and state ~= 'dispatched' or is_newer(row) then return false end
  forget_log(run, row)
  redis.call('DEL', row)
  redis.call('ZREM', P .. ':runs:' .. job_of(run), run)
  redis.call('ZREM', P .. ':history', run)
  if outcome and outcome ~= 'succeeded' then redis.call('ZREM', P .. ':outcome:' .. outcome, run) end
  return true
end
"""

# ARGV: …, limit, oldest instant to keep, how many to keep.
_OLD = (
    _FORGET
    + """
local gone, excess = 0, redis.call('ZCARD', P .. ':history') - tonumber(ARGV[5])
local found = redis.call('ZRANGE', P .. ':history', 0, ARGV[3] - 1, 'WITHSCORES')
for i = 1, #found, 2 do
  local is_old = tonumber(found[i + 1]) < tonumber(ARGV[4])
  if not is_old and gone >= excess then break end
  if forget(found[i]) then gone = gone + 1 end
end
return gone
"""
)

# ARGV: …, how many a job may keep, then jobs of which more may have been recorded.
_MANY = (
    _FORGET
    + """
local gone = 0
for i = 4, #ARGV do
  local index = P .. ':runs:' .. ARGV[i]
  local old = redis.call('ZRANGE', index, 0, -1 - ARGV[3])
  -- The row that says what was missed before the oldest run that is kept stays beside it: where a job catches up on as
  -- many runs as are kept, it would go as soon as it came.
  if #old > 0 and redis.call('HGET', row_of(old[#old]), 'outcome') == 'missed' then table.remove(old) end
  for _, run in ipairs(old) do
    if forget(run) then
      -- Where its job's name went to another job, it is still in this index.
      redis.call('ZREM', index, run)
      gone = gone + 1
    end
  end
end
return gone
"""
)

# ARGV: …, limit, bytes that all logs may hold.
_LOGS = (
    _FORGET
    + """
local gone = 0
for _, run in ipairs(redis.call('ZRANGE', P .. ':logs', 0, ARGV[3] - 1)) do
  if tonumber(redis.call('GET', P .. ':log-bytes') or 0) <= tonumber(ARGV[4]) then break end
  local row = row_of(run)
  local state = redis.call('HGET', row, 'state')
  if not state or state == 'ended' and not is_newer(row) then
    forget_log(run, row)
    if state then
      redis.call('HDEL', row, 'log')
      redis.call('HSET', row, 'log_gone', 1)
    end
    gone = gone + 1
  end
end
return gone
"""
)


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept: runs of a job, their age, and bytes of rows and of logs over all jobs."""

    runs: int = 1_000
    age: timedelta = timedelta(days=90)
    row_bytes: int = 256 * 2**20
    log_bytes: int = 256 * 2**20


class Trimming:
    """Keeps the history within its bounds."""

    def __init__(self, client: Client, keys: Keys, retention: Retention) -> None:
        self._client = client
        self._keys = keys
        self._retention = retention
        self._old = Transition(client, keys, _OLD)
        self._many = Transition(client, keys, _MANY)
        self._logs = Transition(client, keys, _LOGS)

    def trim(self, now: datetime) -> int:
        """Let go of some of what is too much, and return how many runs and logs. Raises redis.RedisError."""
        at, kept = milliseconds(now), self._retention
        oldest = milliseconds(now - kept.age)
        gone = self._old(at, _AT_ONCE, oldest, self._affordable())
        jobs = self._client.spop(self._keys.overfull, _AT_ONCE)
        if jobs:
            gone += self._many(at, kept.runs, *jobs)
        return int(gone + self._logs(at, _AT_ONCE, kept.log_bytes))

    def row_bytes(self) -> float:
        """Return what a run costs on average, row and index, by a sample. Raises redis.RedisError."""
        sample = self._client.zrandmember(self._keys.history, _SAMPLE)
        pipe = self._client.pipeline(transaction=False)
        for run_id in sample:
            pipe.memory_usage(self._keys.run(run_id))
        sizes = [size for size in pipe.execute() if size]
        return INDEX_BYTES + (sum(sizes) / len(sizes) if sizes else 0.0)

    def _affordable(self) -> int:
        # Few runs fit into any budget: no sample is needed for these. Their number is no bound: until the script looks,
        # more may have been recorded, and each of them would cost the oldest one its place.
        count = int(self._client.zcard(self._keys.history))
        if count * (INDEX_BYTES + _USUAL_ROW_BYTES) <= self._retention.row_bytes:
            return _ALL
        return int(self._retention.row_bytes / self.row_bytes())
