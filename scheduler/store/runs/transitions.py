"""What the scripts of the ledger share, in Lua: to end a run, and to put one on its queue.

`P` is the prefix, `N` the present in milliseconds by the caller's clock. Every script begins with these two arguments.
"""

from typing import Any

from scheduler.store.client import Client
from scheduler.store.form import ROW_VERSION
from scheduler.store.keys import Keys
from scheduler.store.priority import RANK

# Rows of a later version are left to processes of that version: what their fields mean is for these to know.
_VERSION = f"local VERSION = {ROW_VERSION}\n"

# A server that is full says so here, before anything has changed: it refuses all writes of a script or none.
WITH_ROOM = "redis.call('SETRANGE', P .. ':room', 0, '')\n"

# A run's id is `JOB@OCCURRENCE`, or `JOB+INSTANT` for one started by hand; an instant holds neither of these signs.
_SHARED = """
local P, N = ARGV[1], ARGV[2]

local function row_of(run) return P .. ':run:' .. run end

local function is_newer(row) return (tonumber(redis.call('HGET', row, 'v') or '') or VERSION) > VERSION end

-- The job of a run is the one that has the name now under which it ran.
local function job_of(run)
  local job = string.match(run, '^(.*)[@+][^@+]*$') or run
  for _ = 1, 16 do
    local after = redis.call('HGET', P .. ':renamed', job)
    if not after then break end
    job = after
  end
  return job
end

local function each_use(uses, visit)
  for pool, slots in string.gmatch(uses or '', '([^,:]+):(%d+)') do
    visit(P .. ':pool:' .. pool, tonumber(slots), pool)
  end
end

-- Something changed for those that are held back: by a job (`j`), or by a pool (`p`). The leader looks.
local function look(kind, name) redis.call('SADD', P .. ':look', kind .. name) end

local function give_back(run, row)
  each_use(redis.call('HGET', row, 'uses'), function(key, _, pool)
    if redis.call('HDEL', key, run) == 1 then look('p', pool) end
  end)
end

-- Off every list of what is to happen to it, but for those that say it is live.
local function settle(run, row)
  local list, uses = unpack(redis.call('HMGET', row, 'list', 'uses'))
  redis.call('ZREM', P .. ':leases', run)
  redis.call('ZREM', P .. ':retries', run)
  if redis.call('ZREM', P .. ':held', run) == 1 then
    each_use(uses, function(_, _, pool)
      -- It may have stood before others.
      if redis.call('ZREM', P .. ':held:' .. pool, run) == 1 then look('p', pool) end
    end)
  end
  if list then redis.call('ZREM', P .. ':waiting:' .. list, run) end
end

-- Into the history, which holds what has ended, and what nothing more will be heard of.
local function record(run, row)
  local outcome, at = unpack(redis.call('HMGET', row, 'outcome', 'dispatched'))
  local job = job_of(run)
  redis.call('ZADD', P .. ':runs:' .. job, at or N, run)
  -- Looked at now and then, so that trimming costs a run next to nothing.
  if redis.call('ZCARD', P .. ':runs:' .. job) % 50 == 0 then redis.call('SADD', P .. ':overfull', job) end
  redis.call('ZADD', P .. ':history', at or N, run)
  if outcome and outcome ~= 'succeeded' then redis.call('ZADD', P .. ':outcome:' .. outcome, at or N, run) end
end

-- `fields` are further ones of the row, names and values in turn.
local function end_run(run, outcome, reason, fields)
  local row = row_of(run)
  settle(run, row)
  give_back(run, row)
  redis.call('HSET', row, 'state', 'ended', 'outcome', outcome, 'finished', N)
  redis.call('HDEL', row, 'token', 'due', 'native', 'awaited', 'cancel', 'progress', 'doing', 'list', 'uses', 'fifo',
    'priority', 'reruns')
  if reason ~= '' then redis.call('HSET', row, 'reason', reason) end
  if fields and #fields > 0 then redis.call('HSET', row, unpack(fields)) end
  record(run, row)
  local job = job_of(run)
  redis.call('ZREM', P .. ':live:' .. job, run)
  if redis.call('EXISTS', P .. ':live:' .. job) == 1 then look('j', job) end
  redis.call('ZREM', P .. ':expiring', run)
  redis.call('DEL', P .. ':message:' .. run)
end

-- What queues refused: runs and words in turn.
local refused = {}

-- Put a run on its queue again: true once it lies there, false where it has ended instead, nil where its queue alone
-- refuses and nothing has changed. A copy of its message may lie there still: the claim keeps the run single.
local function push(run)
  local row = row_of(run)
  local list, text = redis.call('HGET', row, 'list'), redis.call('GET', P .. ':message:' .. run)
  if not list or not text then
    end_run(run, 'failed', 'its message is gone', {})
    return false
  end
  local answer = redis.pcall('LPUSH', list, text)
  if type(answer) == 'table' then
    local kind = string.match(answer.err, 'WRONGTYPE') or string.match(answer.err, 'NOPERM')
    if not kind then error(answer.err) end
    refused[#refused + 1] = run
    refused[#refused + 1] = list .. ': ' .. answer.err
    return nil
  end
  settle(run, row)
  redis.call('HSET', row, 'state', 'queued')
  redis.call('HDEL', row, 'due', 'native', 'token', 'awaited')
  redis.call('ZADD', P .. ':waiting:' .. list, N, run)
  return true
end

-- Of a job whose runs follow each other, only the first that has not ended may go.
local function is_its_turn(run, fifo)
  return not fifo or redis.call('ZRANGE', P .. ':live:' .. job_of(run), 0, 0)[1] == run
end

-- The most urgent first, then the one that has waited longest. 2^42 milliseconds reach to the year 2109. A run whose
-- turn has not come stands in no line for a pool, so that it keeps nobody else waiting.
local function hold(run, row)
  local priority, dispatched, uses, fifo = unpack(redis.call('HMGET', row, 'priority', 'dispatched', 'uses', 'fifo'))
  local rank = rank_of(priority, dispatched or N)
  redis.call('HSET', row, 'state', 'waiting')
  redis.call('ZADD', P .. ':held', rank, run)
  if is_its_turn(run, fifo) then
    each_use(uses, function(_, _, pool)
      redis.call('ZADD', P .. ':held:' .. pool, rank, run)
      look('p', pool)
    end)
  end
end

-- The next attempt is due at `at`. Slots of pools are given back meanwhile, but not where Celery itself retries: its
-- message comes by itself, and no leader looks whether there is room.
local function retry(run, at, native)
  local row = row_of(run)
  settle(run, row)
  redis.call('HSET', row, 'state', 'retrying', 'due', at)
  redis.call('HDEL', row, 'token', 'progress', 'doing')
  if native == '' then
    redis.call('HDEL', row, 'native')
    give_back(run, row)
  else
    redis.call('HSET', row, 'native', native)
  end
  redis.call('ZADD', P .. ':retries', at, run)
end

-- Its worker is gone. Where the job says so it runs again, as the next attempt.
local function lose(run, reason)
  local most, attempt = redis.call('HGET', row_of(run), 'reruns'), redis.call('HGET', row_of(run), 'attempt')
  if most and tonumber(attempt or 1) <= tonumber(most) then
    redis.call('HSET', row_of(run), 'reason', reason)
    retry(run, N, '')
    return 'rerun'
  end
  end_run(run, 'lost', reason, {})
  return 'lost'
end
"""


class Transition:
    """One script of the ledger, loaded once and called by its digest."""

    def __init__(self, client: Client, keys: Keys, body: str) -> None:
        self._prefix = keys.prefix
        # redis-py loads it again where the server was restarted.
        self._script = client.register_script(_VERSION + RANK + _SHARED + body)

    def __call__(self, now_ms: int, *arguments: Any) -> Any:
        """Carry it out at an instant in milliseconds since the epoch. Raises redis.RedisError."""
        return self._script(args=[self._prefix, now_ms, *arguments])
