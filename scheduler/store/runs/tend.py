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
_HELD_READ = 10_000

# ARGV: …, limit. The answer is pairs of run and what became of it.
_LOSE_EXPIRED = """
local answers = {}
for _, run in ipairs(redis.call('ZRANGEBYSCORE', P .. ':leases', '-inf', N, 'LIMIT', 0, ARGV[3])) do
  if redis.call('HGET', row_of(run), 'state') == 'running' then
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
  if found[1] ~= 'retrying' then
    redis.call('ZREM', P .. ':retries', run)
  elseif found[2] and redis.call('HEXISTS', row, 'awaited') == 0 then
    redis.call('HSET', row, 'awaited', 1)
    redis.call('ZADD', P .. ':retries', N + ARGV[4], run)
  else
    redis.call('HDEL', row, 'awaited')
    redis.call('ZREM', P .. ':retries', run)
    if found[3] then
      hold(run, row)
      redis.call('INCR', P .. ':ended')
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
        if state ~= 'queued' then
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
  local state = redis.call('HGET', row_of(run), 'state')
  redis.call('ZREM', P .. ':expiring', run)
  if state == 'queued' or state == 'waiting' then
    end_run(run, 'skipped', 'expired', {})
    answers[#answers + 1] = run
  end
end
return answers
"""

# ARGV: …, limit. In order of urgency, then age. A run that waits for an earlier one of its job keeps nobody else; one
# that finds a pool full keeps all of its pools for itself, so that smaller ones do not overtake it for ever.
_RELEASE = """
local answers, full, used = {}, {}, {}
local function room(run, uses)
  local free = true
  each_use(uses, function(key, slots, pool)
    if not used[key] then
      used[key] = 0
      for _, held in ipairs(redis.call('HVALS', key)) do used[key] = used[key] + tonumber(held) end
    end
    local size = tonumber(redis.call('HGET', P .. ':pools', pool) or 'inf')
    if full[key] or used[key] + slots > size then free = false end
  end)
  each_use(uses, function(key, slots)
    if free then
      redis.call('HSET', key, run, slots)
      used[key] = used[key] + slots
    else
      full[key] = true
    end
  end)
  return free
end
for _, run in ipairs(redis.call('ZRANGE', P .. ':held', 0, ARGV[3] - 1)) do
  local row = row_of(run)
  local found = redis.call('HMGET', row, 'state', 'uses', 'fifo')
  if found[1] ~= 'waiting' then
    redis.call('ZREM', P .. ':held', run)
  else
    local turn = not found[3] or redis.call('ZRANGE', P .. ':live:' .. job_of(run), 0, 0)[1] == run
    if turn and room(run, found[2] or '') and push(run) then answers[#answers + 1] = run end
  end
end
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
        self._ended: str | None = None

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
        """Put held runs on their queues if a run ended, or was held, since the last look. Raises redis.RedisError."""
        ended = self._client.get(self._keys.ended)
        if ended == self._ended:
            return ()
        released = tuple(self._release(milliseconds(now), _HELD_READ))
        self._ended = ended
        return released


def milliseconds_of(span: timedelta) -> int:
    """Return whole milliseconds."""
    return span // timedelta(milliseconds=1)
