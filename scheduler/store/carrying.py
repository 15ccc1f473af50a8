"""The changes of a file, carried out: a slice at each call, by the server alone, under the leader's token."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import OF_A_JOB, Keys
from scheduler.store.mark import mark_text
from scheduler.store.runs.pools import INSTALL_POOLS
from scheduler.store.script import Script
from scheduler.store.staged import FIELDS

# Entries of a slice: two milliseconds of the server's time, in which it does nothing else.
SLICE = 200
# How long the mark of a removed job is kept: for a writer that stalls in mid-file, and a rename done in two saves.
GRAVE_SECONDS = 300
# To take so many runs of a renamed job along is as much work as one entry.
_RUNS_OF_ONE = 15

# KEYS: lock, pending, file, schedule, jobs, edits, gone, renamed. ARGV: token, prefix, now, mark, entries of a slice,
# version, seconds of a grave, texts of an entry, runs that are as much work as one entry, then what the keys of a job's
# runs begin with.
#
# Whatever becomes of an entry becomes of it at once: its new form, its place in the schedule and its row among the
# jobs. What is staged leaves the list in the same step, so that the next leader goes on where this one was killed.
#
# A score is never moved here but for an entry that is new. Where the schedule of one that is there changes, the change
# is laid down beside it (`next`), and the leader replaces the schedule when nothing is due under the old one.
_CARRY = Script(
    INSTALL_POOLS
    + """
local lock, pending, file, schedule, jobs, edits, gone, renamed = unpack(KEYS)
local prefix, now, mark, most = ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if redis.call('GET', lock) ~= ARGV[1] then return {'not leading', 0} end
local id, version = unpack(redis.call('HMGET', pending, 'id', 'v'))
if not id then return {'nothing', redis.call('SCARD', edits)} end
if tonumber(version) > tonumber(ARGV[6]) then return {'newer', redis.call('SCARD', edits)} end

local pools = redis.call('HGET', pending, 'pools')
if pools then
  -- First, since a pool that is not known bounds nothing.
  install_pools(prefix, cjson.decode(pools))
  redis.call('HDEL', pending, 'pools')
end

local staged = prefix .. ':staged:' .. id
local may_return = redis.call('EXISTS', gone) == 1
local taken, moved, effort = {}, {}, 0

local function kind(key) return redis.call('TYPE', key).ok end
local function schedule_of(revision) return string.match(revision, '^[^. ]+%.') end

local function bury(name)
  local key, grave = prefix .. name, gone .. ':' .. name
  local score = redis.call('ZSCORE', schedule, key) or ''
  redis.call('ZREM', schedule, key)
  redis.call('SREM', edits, name)
  redis.call('HDEL', jobs, name)
  if kind(key) == 'hash' then
    redis.call('RENAME', key, grave)
    redis.call('HDEL', grave, 'next')
    redis.call('HSET', grave, 'score', score)
    redis.call('EXPIRE', grave, ARGV[7])
    redis.call('SET', gone, '', 'EX', ARGV[7])
    may_return = true
  end
end

local function predecessor(name, was)
  for old in string.gmatch(was, '%S+') do
    if redis.call('HEXISTS', jobs, old) == 1 and kind(prefix .. old) == 'hash' then
      bury(old)
      return old
    end
  end
  if not may_return then return nil end
  for old in string.gmatch(name .. ' ' .. was, '%S+') do
    if kind(gone .. ':' .. old) == 'hash' then return old end
  end
end

-- Ids of runs keep the name under which they ran: `renamed` leads from it to the job.
local function take_runs_along(old, name)
  redis.call('HSET', renamed, old, name)
  for i = 10, #ARGV do
    local before, after = prefix .. ARGV[i] .. old, prefix .. ARGV[i] .. name
    local runs = redis.call('ZCARD', before)
    if runs > 0 then
      redis.call('ZUNIONSTORE', after, 2, before, after)
      redis.call('DEL', before)
    end
    effort = effort + runs / tonumber(ARGV[9])
  end
end

local function dig_up(old, name)
  local key = prefix .. name
  redis.call('RENAME', gone .. ':' .. old, key)
  redis.call('PERSIST', key)
  local score = redis.call('HGET', key, 'score')
  redis.call('HDEL', key, 'score')
  if score and score ~= '' then redis.call('ZADD', schedule, score, key) end
  if old ~= name then take_runs_along(old, name) end
end

local function put(name, expected, revision, definition, job, score, was)
  local key = prefix .. name
  local known, there = redis.call('HGET', jobs, name) or '', kind(key)
  if known == revision then return end
  if known ~= expected then
    moved[#moved + 1] = name
    return
  end
  -- An entry that is there but not ours was saved through RedBeat's API: it is its owner's, and stays.
  if there ~= 'none' and (there ~= 'hash' or known == '') then
    taken[#taken + 1] = name
    return
  end
  if there == 'none' and (was ~= '' or may_return) then
    local old = predecessor(name, was)
    if old then
      dig_up(old, name)
      there = kind(key)
    end
  end
  if known == '' then redis.call('HDEL', renamed, name) end
  redis.call('HSET', jobs, name, revision)
  if there == 'none' and (tonumber(score) < 0 or tonumber(score) > now) then
    redis.call('HSET', key, 'definition', definition, 'rev', revision, 'job', job, 'meta', mark, 'since', ARGV[3])
    redis.call('ZADD', schedule, score, key)
    return
  end
  if there == 'hash' then
    local held, due = redis.call('HGET', key, 'rev') or '', redis.call('ZSCORE', schedule, key)
    if schedule_of(held) and schedule_of(held) == schedule_of(revision) and due and tonumber(due) >= 0 then
      redis.call('HSET', key, 'definition', definition, 'rev', revision, 'job', job)
      redis.call('HDEL', key, 'next')
      redis.call('SREM', edits, name)
      return
    end
  end
  local edit = {v = tonumber(ARGV[6]), rev = revision, definition = definition, job = job, since = ARGV[3]}
  redis.call('HSET', key, 'next', cjson.encode(edit))
  redis.call('SADD', edits, name)
end

local function remove(name, expected)
  local known = redis.call('HGET', jobs, name)
  if known and known ~= expected then
    moved[#moved + 1] = name
  elseif known then
    bury(name)
  end
end

local width = tonumber(ARGV[8])
local items = redis.call('LRANGE', staged, 0, most * width - 1)

-- A slice of jobs of which nothing is known, as those of a first file are: a few commands for all of them.
local function put_all_new()
  local names, entries, rows, places = {}, {}, {}, {}
  for at = 1, #items, width do
    if items[at] ~= 'put' or items[at + 2] ~= '' or items[at + 7] ~= '' then return false end
    local name, score, n = items[at + 1], items[at + 6], #names
    local key, due = prefix .. name, tonumber(score)
    if due >= 0 and due <= now then return false end
    names[n + 1], entries[n + 1] = name, key
    rows[2 * n + 1], rows[2 * n + 2] = name, items[at + 3]
    places[2 * n + 1], places[2 * n + 2] = score, key
  end
  if may_return or #names == 0 or redis.call('EXISTS', unpack(entries)) > 0 then return false end
  for _, known in ipairs(redis.call('HMGET', jobs, unpack(names))) do
    if known then return false end
  end
  redis.call('HDEL', renamed, unpack(names))
  redis.call('HSET', jobs, unpack(rows))
  redis.call('ZADD', schedule, unpack(places))
  for i, key in ipairs(entries) do
    local at = (i - 1) * width + 1
    redis.call('HSET', key, 'definition', items[at + 4], 'rev', items[at + 3], 'job', items[at + 5], 'meta', mark,
      'since', ARGV[3])
  end
  return true
end

local at = put_all_new() and #items + 1 or 1
while at < #items and effort < most do
  if items[at] == 'put' then
    put(unpack(items, at + 1, at + width - 1))
  else
    remove(items[at + 1], items[at + 2])
  end
  at, effort = at + width, effort + 1
end
redis.call('LTRIM', staged, at - 1, -1)
if #taken > 0 then
  local known = redis.call('HGET', pending, 'taken') or ''
  redis.call('HSET', pending, 'taken', known .. table.concat(taken, ' ') .. ' ')
end
local state = 'more'
if redis.call('EXISTS', staged) == 0 then
  redis.call('HSET', pending, 'installed', ARGV[3])
  redis.call('RENAME', pending, file)
  state = 'done'
end
return {state, redis.call('SCARD', edits), cjson.encode({taken = taken, moved = moved})}
"""
)


class State(StrEnum):
    """What a call found, or did."""

    NOTHING = "nothing"
    MORE = "more"
    DONE = "done"
    NEWER = "newer"
    """A later version staged it, and it is left for a beat of that version."""
    NOT_LEADING = "not leading"


@dataclass(frozen=True, slots=True)
class Carried:
    """One slice. `taken` names belong to entries that are not the file's; `moved` jobs were changed by someone else.

    `edits` is how many schedules are to be replaced.
    """

    state: State
    edits: int
    taken: Sequence[str] = field(default_factory=tuple)
    moved: Sequence[str] = field(default_factory=tuple)


class Carrying:
    """Carries out what is pending."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._prefix = keys.prefix
        self._keys = (
            keys.lock,
            keys.pending,
            keys.file,
            keys.schedule,
            keys.jobs,
            keys.edits,
            keys.gone,
            keys.renamed,
        )

    def slice(self, token: str, now: datetime, most: int = SLICE) -> Carried:
        """Carry out up to `most` changes; new schedules begin `now`. Raises redis.RedisError."""
        form = (FORM_VERSION, GRAVE_SECONDS, FIELDS, _RUNS_OF_ONE, *OF_A_JOB)
        arguments = (token, self._prefix, repr(score(now)), mark_text(now), most, *form)
        state, edits, *names = _CARRY.call(self._client, self._keys, *arguments)
        found: dict[str, Any] = json.loads(names[0]) if names else {}
        # An empty table of Lua is an object in its JSON.
        return Carried(State(state), edits, tuple(found.get("taken", ())), tuple(found.get("moved", ())))
