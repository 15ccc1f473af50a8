"""What the leader does for runs that nobody else looks after: lost ones, retries that are due, messages that vanished,
runs that were held back, and runs that expired on their queue.

Every step is bounded: what is left over is for the next pass.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

# kombu takes a message off its list before it books it: for a moment it is neither waiting nor under way.
UNCLAIMED = timedelta(seconds=60)
_AT_ONCE = 200

# ARGV: …, limit. The answer is pairs of run and what became of it.
_LOSE_EXPIRED = """
local answers = {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. ':leases', '-inf', N, 'LIMIT', 0, ARGV[3])) do
  if is_newer(row_of(run)) then
    -- Its worker may be of that version, too.
  elseif redis.call('HGET', row_of(run), 'state') == 'running' then
    answers[#answers + 1] = run
    answers[#answers + 1] = lose(run, 'worker_lost')
  else
    redis.call('ZREM', P .. ':leases', run)
  end
end
return answers
"""

# ARGV: …, limit, milliseconds that a retry of Celery's own is given to come by itself.
_REQUEUE = """
local answers = {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. ':retries', '-inf', N, 'LIMIT', 0, ARGV[3])) do
  local row = row_of(run)
  local found = redis.call('HMGET', row, 'state', 'native', 'uses')
  if is_newer(row) then
    -- For a leader of that version.
  elseif found[1] ~= 'retrying' then
    redis.call('ZREM', P .. ':retries', run)
  elseif found[2] and redis.call('HEXISTS', row, 'awaited') == 0 then
    redis.call('HSET', row, 'awaited', 1)
    redis.call('ZADD', P .. ':retries', N + ARGV[4], run)
  else
    redis.call('HDEL', row, 'awaited')
    redis.call('ZREM', P .. ':retries', run)
    if found[3] then
      -- A retry that Celery itself was to send has kept its slots, and would wait in line for them.
      give_back(run, row)
      hold(run, row)
    else
      push(run)
    end
    answers[#answers + 1] = run
  end
end
return answers
"""

# ARGV: …, limit, milliseconds after which a run is missed, then kombu's lists. Messages leave a list in the order in
# which they came: what was put there before the one that leaves next has left. Where that one is not known, as of a
# message sent twice, the look is put off until it is gone.
_MISSING = """
local answers = {}
for i = 5, #ARGV do
  local list, until_ = ARGV[i], N - ARGV[4]
  local waiting = P .. ':waiting:' .. list
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) <= until_ then
    local tail = redis.call('LINDEX', list, -1)
    local known = true
    if tail then
      local ok, message = pcall(cjson.decode, tail)
      local run = ok and type(message) == 'table' and type(message.headers) == 'table' and message.headers[HEADER]
      local since = type(run) == 'string' and redis.call('ZSCORE', waiting, run)
      known = since and true or false
      if known then until_ = math.min(until_, tonumber(since) - 1) end
    end
    if known then
      for _, run in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', until_, 'LIMIT', 0, ARGV[3])) do
        local state = redis.call('HGET', row_of(run), 'state')
        if is_newer(row_of(run)) then
          -- For a leader of that version.
        elseif state ~= 'queued' then
          redis.call('ZREM', waiting, run)
        elseif push(run) then
          answers[#answers + 1] = run
        end
      end
    end
  end
end
return answers
"""

# ARGV: …, limit. Those that are under way, or were once, are not stopped by it.
_EXPIRE = """
local answers = {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. ':expiring', '-inf', N, 'LIMIT', 0, ARGV[3])) do
  if not is_newer(row_of(run)) then
    local state = redis.call('HGET', row_of(run), 'state')
    redis.call('ZREM', P .. ':expiring', run)
    if state == 'queued' or state == 'waiting' then
      end_run(run, 'skipped', 'expired', {})
      answers[#answers + 1] = run
    end
  end
end
return answers
"""

# ARGV: …, limit. Looks only where something changed. The line for a pool is in order of urgency, then age, and the
# first in it that does not fit keeps the others waiting: smaller ones do not overtake it for ever, nor does one that is
# the first in line for another pool. A run takes all of its slots or none, and the order is the same in every line, so
# that no two can wait for each other; what wants more than there is gets the pool for itself.
_RELEASE = """
local answers, left = {}, {}

local function used(key)
  local sum = 0
  for _, slots in ipairs(redis.call('HVALS', key)) do sum = sum + tonumber(slots) end
  return sum
end

local function has_room(uses)
  local room = true
  each_use(uses, function(key, slots, pool)
    local size = redis.call('HGET', P .. ':pools', pool)
    local taken = size and used(key) or 0
    if taken > 0 and taken + slots > tonumber(size) then room = false end
  end)
  return room
end

local function is_first(run, uses)
  local first = true
  each_use(uses, function(_, _, pool)
    if redis.call('ZRANGE', P .. ':held:' .. pool, 0, 0)[1] ~= run then first = false end
  end)
  return first
end

local function go(run, uses)
  if not is_first(run, uses) or not has_room(uses) then return false end
  each_use(uses, function(key, slots) redis.call('HSET', key, run, slots) end)
  if push(run) then answers[#answers + 1] = run end
  return true
end

local function look_at_job(job)
  local run = redis.call('ZRANGE', P .. ':live:' .. job, 0, 0)[1]
  if not run then return end
  local row = row_of(run)
  if is_newer(row) then
    left[#left + 1] = 'j' .. job
    return
  end
  local state, uses, fifo = unpack(redis.call('HMGET', row, 'state', 'uses', 'fifo'))
  if state == 'waiting' and fifo then
    if uses then hold(run, row) else go(run, '') end
  end
end

local function look_at_pool(pool)
  local line = P .. ':held:' .. pool
  while #answers < tonumber(ARGV[3]) do
    local run = redis.call('ZRANGE', line, 0, 0)[1]
    if not run then return end
    if is_newer(row_of(run)) then
      left[#left + 1] = 'p' .. pool
      return
    end
    local state, uses = unpack(redis.call('HMGET', row_of(run), 'state', 'uses'))
    if state ~= 'waiting' then
      redis.call('ZREM', line, run)
    elseif not go(run, uses) then
      return
    end
  end
  look('p', pool)
end

local rounds = 0
while #answers < tonumber(ARGV[3]) and rounds < tonumber(ARGV[3]) do
  local what = redis.call('SPOP', P .. ':look')
  if not what then break end
  local visit = string.sub(what, 1, 1) == 'j' and look_at_job or look_at_pool
  visit(string.sub(what, 2))
  rounds = rounds + 1
end
-- For a leader of the version that wrote their rows.
for _, what in ipairs(left) do redis.call('SADD', P .. ':look', what) end
return answers
"""


@dataclass(frozen=True, slots=True)
class Tended:
    """What a pass did, by run id. `lost` maps each to `lost`, or `rerun` where it will run again."""

    lost: Mapping[str, str]
    retried: tuple[str, ...]
    missing: tuple[str, ...]
    expired: tuple[str, ...]


class Tending:
    """The leader's care for the ledger. Safe to do twice: each step looks at the state of the run first."""

    def __init__(self, client: Client, keys: Keys, header: str) -> None:
        self._client = client
        self._keys = keys
        self._lose = Transition(client, keys, _LOSE_EXPIRED)
        self._requeue = Transition(client, keys, _REQUEUE)
        self._missing = Transition(client, keys, _MISSING.replace("HEADER", f"'{header}'"))
        self._expire = Transition(client, keys, _EXPIRE)
        self._release = Transition(client, keys, _RELEASE)

    def tend(self, now: datetime, lists: Iterable[str], *, trust_leases: bool = True) -> Tended:
        """Make one pass. `lists` are kombu's, of all queues in use. Raises redis.RedisError.

        Where Redis was away, workers could not renew their leases: until they had time to, these are not trusted.
        """
        at, grace = milliseconds(now), milliseconds_of(UNCLAIMED)
        lost = self._lose(at, _AT_ONCE) if trust_leases else []
        return Tended(
            lost=dict(zip(lost[::2], lost[1::2], strict=True)),
            retried=tuple(self._requeue(at, _AT_ONCE, grace)),
            missing=tuple(self._missing(at, _AT_ONCE, grace, *lists)),
            expired=tuple(self._expire(at, _AT_ONCE)),
        )

    def release(self, now: datetime) -> tuple[str, ...]:
        """Put held runs on their queues where something changed since the last look. Raises redis.RedisError."""
        if not self._client.exists(self._keys.look):
            return ()
        return tuple(self._release(milliseconds(now), _AT_ONCE))


def milliseconds_of(span: timedelta) -> int:
    """Return whole milliseconds."""
    return span // timedelta(milliseconds=1)
