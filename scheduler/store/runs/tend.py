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
from scheduler.store.runs.release import RELEASE
from scheduler.store.runs.transitions import WITH_ROOM, Transition

# kombu takes a message off its list before it books it: for a moment it is neither waiting nor under way.
UNCLAIMED = timedelta(seconds=60)
_AT_ONCE = 200
# Runs of a later version that a step goes past at most.
_LOOKED_AT = 20 * _AT_ONCE
# What a queue refused is tried again after so long.
REFUSED = timedelta(seconds=10)

# Runs whose turn has come by a sorted set, the earliest first, without those of a later version: these are for a leader
# of that version, and however many they are, the others have their turn.
_DUE = """
local function due(key, highest, most)
  local found, at = {}, 0
  repeat
    local page = redis.call('ZRANGEBYSCORE', key, '-inf', highest, 'LIMIT', at, most)
    for _, run in ipairs(page) do
      if #found < most and not is_newer(row_of(run)) then found[#found + 1] = run end
    end
    at = at + #page
  until #found == most or #page < most or at >= LOOKED_AT
  return found
end
"""

# ARGV: …, limit. The answer is pairs of run and what became of it.
_LOSE_EXPIRED = """
local answers = {}
for _, run in ipairs(due(P .. ':leases', N, tonumber(ARGV[3]))) do
  if redis.call('HGET', row_of(run), 'state') == 'running' then
    answers[#answers + 1] = run
    answers[#answers + 1] = lose(run, 'worker_lost')
  else
    redis.call('ZREM', P .. ':leases', run)
  end
end
return {answers, {}}
"""

# ARGV: …, limit, milliseconds that a retry of Celery's own is given to come by itself, and after which what a queue
# refused is tried again.
_REQUEUE = """
local answers = {}
for _, run in ipairs(due(P .. ':retries', N, tonumber(ARGV[3]))) do
  local row = row_of(run)
  local found = redis.call('HMGET', row, 'state', 'native', 'uses')
  if found[1] ~= 'retrying' then
    redis.call('ZREM', P .. ':retries', run)
  elseif found[2] and redis.call('HEXISTS', row, 'awaited') == 0 then
    redis.call('HSET', row, 'awaited', 1)
    redis.call('ZADD', P .. ':retries', N + ARGV[4], run)
  elseif found[3] then
    -- A retry that Celery itself was to send has kept its slots, and would wait in line for them.
    redis.call('HDEL', row, 'awaited')
    redis.call('ZREM', P .. ':retries', run)
    give_back(run, row)
    hold(run, row)
    answers[#answers + 1] = run
  elseif push(run) == nil then
    redis.call('ZADD', P .. ':retries', N + ARGV[5], run)
  else
    answers[#answers + 1] = run
  end
end
return {answers, refused}
"""

# ARGV: …, limit, milliseconds after which a run is missed, then kombu's lists. Messages leave a list in the order in
# which they came: what was put there before the one that leaves next has left. Where that one is not known, as of a
# message sent twice, the look is put off until it is gone.
_MISSING = """
local answers = {}

-- The time before which all that came onto the list has left it; nil where that is not known.
local function gone_before(list, waiting, latest)
  local tail = redis.pcall('LINDEX', list, -1)
  if not tail then return latest end
  if type(tail) == 'table' then
    refused[#refused + 1], refused[#refused + 2] = '', list .. ': ' .. tail.err
    return nil
  end
  local ok, message = pcall(cjson.decode, tail)
  local run = ok and type(message) == 'table' and type(message.headers) == 'table' and message.headers[HEADER]
  local since = type(run) == 'string' and redis.call('ZSCORE', waiting, run)
  return since and math.min(latest, tonumber(since) - 1)
end

for i = 5, #ARGV do
  local list, latest = ARGV[i], N - ARGV[4]
  local waiting = P .. ':waiting:' .. list
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  local highest = first[2] and tonumber(first[2]) <= latest and gone_before(list, waiting, latest)
  for _, run in ipairs(highest and due(waiting, highest, tonumber(ARGV[3])) or {}) do
    if redis.call('HGET', row_of(run), 'state') ~= 'queued' then
      redis.call('ZREM', waiting, run)
    else
      local pushed = push(run)
      if pushed then answers[#answers + 1] = run end
      -- As if it lay there since now: tried again behind the others.
      if pushed == nil then redis.call('ZADD', waiting, N, run) end
    end
  end
end
return {answers, refused}
"""

# ARGV: …, limit. Those that are under way, or were once, are not stopped by it.
_EXPIRE = """
local answers = {}
for _, run in ipairs(due(P .. ':expiring', N, tonumber(ARGV[3]))) do
  local state = redis.call('HGET', row_of(run), 'state')
  redis.call('ZREM', P .. ':expiring', run)
  if state == 'queued' or state == 'waiting' then
    end_run(run, 'skipped', 'expired', {})
    answers[#answers + 1] = run
  end
end
return {answers, {}}
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
        looking = WITH_ROOM + _DUE.replace("LOOKED_AT", str(_LOOKED_AT))
        self._lose = Transition(client, keys, looking + _LOSE_EXPIRED)
        self._requeue = Transition(client, keys, looking + _REQUEUE)
        self._missing = Transition(client, keys, looking + _MISSING.replace("HEADER", f"'{header}'"))
        self._expire = Transition(client, keys, looking + _EXPIRE)
        self._release = Transition(client, keys, WITH_ROOM + RELEASE)
        self._refused: dict[str, str] = {}

    def tend(self, now: datetime, lists: Iterable[str], *, trust_leases: bool = True) -> Tended:
        """Make one pass. `lists` are kombu's, of all queues in use. Raises redis.RedisError.

        Where Redis was away, workers could not renew their leases: until they had time to, these are not trusted.
        """
        grace, again = milliseconds_of(UNCLAIMED), milliseconds_of(REFUSED)
        lost = self._done(self._lose, now) if trust_leases else []
        return Tended(
            lost=dict(zip(lost[::2], lost[1::2], strict=True)),
            retried=tuple(self._done(self._requeue, now, grace, again)),
            missing=tuple(self._done(self._missing, now, grace, *lists)),
            expired=tuple(self._done(self._expire, now)),
        )

    def release(self, now: datetime) -> tuple[str, ...]:
        """Put held runs on their queues where something changed since the last look. Raises redis.RedisError."""
        if not self._client.exists(self._keys.look):
            return ()
        return tuple(self._done(self._release, now, milliseconds_of(REFUSED)))

    def refusals(self) -> dict[str, str]:
        """Return what queues refused since the last call, each once: the queue's list with Redis's words, and a run."""
        refused, self._refused = self._refused, {}
        return refused

    def _done(self, step: Transition, now: datetime, *arguments: object) -> list[str]:
        answers, refused = step(milliseconds(now), _AT_ONCE, *arguments)
        self._refused |= zip(refused[1::2], refused[::2], strict=True)
        return answers  # type: ignore[no-any-return]


def milliseconds_of(span: timedelta) -> int:
    """Return whole milliseconds."""
    return span // timedelta(milliseconds=1)
