"""The script that advances schedules and enqueues in one step; `store.commit` is its caller.

KEYS: lock, schedule. ARGV: token, prefix, now in ms, n, n times (kind, name) of a target; then for each step:
  entry key, revision ('' for none), expected score, new score, new meta, expected number of live runs (-1 for any),
  traits of its runs ('' where all are as usual, else `priority reruns expires-in-ms uses`, a dash for none),
  n, n times (number of the target, text, run id, lateness in ms).

A target is one of
  list      one of kombu's lists, whose workers may keep no ledger: of the run is known only that it was dispatched
  ledgered  one whose workers claim runs and say how they ended: the run is live until then
  held      like ledgered, but a pool holds the run back: the leader puts it on the list when there is room
  behind    likewise, for an earlier run of its job
  skipped   the run is not to be, and the text is why
  channel   of a fanout exchange: everybody who listens runs it, and nobody claims it
  expiry    of one of kombu's lists: the text is in how many ms from now
  failed    no message could be made, and the text is why: the run has ended with that
  missed    the text is `count until before`: occurrences that will not run, the last of them, and the one before all

Answers: a code for each step, none at all where the lock is not ours; and the errors of the refused ones. A server that
takes no writes at all (full, a replica, unable to save) answers with that as an error, and nothing has happened.
"""

from scheduler.store.form import ROW_VERSION
from scheduler.store.priority import RANK

# All messages of a batch that go onto one list go there by one command, and likewise what is written into one sorted
# set: the calls from Lua cost more than what they do.
#
# The messages come first. Where Redis refuses those of a list (a key of another type, or one that this user may not
# write to) the schedules of their steps have not moved, and the next pass finds them due again. A step whose messages
# go to several lists goes to all or none: what may refuse one of them is looked at before the first write.
#
# Out of memory is decided before the first write of a script and not again, so that an advance cannot be refused after
# its message went through. The ZADD of nothing is there to be refused, for all steps at once.
COMMIT = (
    f"local VERSION = {ROW_VERSION}\n{RANK}"
    """
local schedule, prefix, now = KEYS[2], ARGV[2], ARGV[3]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {{}, {}} end
redis.call('ZADD', schedule, 'XX', '-1', '')

-- Lua hands on at most some 8,000 values at once.
local function in_blocks(values, act)
  for i = 1, #values, 4000 do act(unpack(values, i, math.min(i + 3999, #values))) end
end

local targets, at = {}, 5
for number = 1, tonumber(ARGV[4]) do
  local target = {kind = ARGV[at], name = ARGV[at + 1], texts = {}, waiting = {}}
  if target.kind == 'list' or target.kind == 'ledgered' then
    local type = redis.pcall('TYPE', target.name)
    if type.err then
      target.refusal = type.err
    elseif type.ok ~= 'list' and type.ok ~= 'none' then
      target.refusal = 'WRONGTYPE ' .. target.name .. ' is a ' .. type.ok
    elseif redis.acl_check_cmd and not redis.acl_check_cmd('LPUSH', target.name, '') then
      target.refusal = 'NOPERM this user may not push to ' .. target.name
    end
  end
  targets[tostring(number)] = target
  at = at + 2
end

local keys, places = {}, {}
while at <= #ARGV do
  keys[#keys + 1], places[#places + 1] = ARGV[at], at
  at = at + 8 + 4 * ARGV[at + 7]
end
local scores = {}
in_blocks(keys, function(...)
  for _, score in ipairs(redis.call('ZMSCORE', schedule, ...)) do scores[#scores + 1] = score end
end)

local function each_run(place, visit)
  for i = place + 8, place + 4 + 4 * ARGV[place + 7], 4 do visit(targets[ARGV[i]], i) end
end

-- Why a step is refused for its own sake, by its place.
local refusals = {}

local function refusal_of(place)
  if refusals[place] then return refusals[place] end
  for i = place + 8, place + 4 + 4 * ARGV[place + 7], 4 do
    local refusal = targets[ARGV[i]].refusal
    if refusal then return refusal end
  end
end

local function refuse_live(place, name, words)
  local type = redis.pcall('TYPE', name).ok
  local is_other = type and type ~= 'zset'
  refusals[place] = is_other and 'WRONGTYPE ' .. name .. ' is a ' .. type .. ', expected a zset' or words
  return -2
end

-- 0, 2 and 10 or more are entries that are not any more what the decision was based on: with 2, they are what this step
-- would make of them; from 10 on, they differ by their live runs.
local function look(i)
  local key, place = keys[i], places[i]
  if not scores[i] then return 0 end
  if tonumber(scores[i]) ~= tonumber(ARGV[place + 2]) then
    local is_done = tonumber(scores[i]) == tonumber(ARGV[place + 3])
    return is_done and redis.pcall('HGET', key, 'meta') == ARGV[place + 4] and 2 or 0
  end
  local revision = redis.pcall('HGET', key, 'rev') or ''
  if revision ~= ARGV[place + 1] then return 0 end
  if ARGV[place + 5] ~= '-1' then
    local name = prefix .. ':live:' .. string.sub(key, #prefix + 1)
    local live = redis.pcall('ZCARD', name)
    if type(live) == 'table' then return refuse_live(place, name, live.err) end
    if live ~= tonumber(ARGV[place + 5]) then return 10 + live end
  end
  return refusal_of(place) and -2 or 1
end

local codes, errors = {}, {}
for i, place in ipairs(places) do
  codes[i] = look(i)
  if codes[i] == 1 then
    each_run(place, function(target, i) target.texts[#target.texts + 1] = ARGV[i + 1] end)
  end
end

for number = 1, tonumber(ARGV[4]) do
  local target = targets[tostring(number)]
  local function send(command, ...)
    local answer = redis.pcall(command, target.name, ...)
    if type(answer) == 'table' and answer.err then target.refusal = answer.err end
  end
  if target.kind == 'channel' then
    for _, text in ipairs(target.texts) do send('PUBLISH', text) end
  elseif target.kind == 'list' or target.kind == 'ledgered' then
    in_blocks(target.texts, function(...) send('LPUSH', ...) end)
  end
end

-- History is written after the fact, and must not undo it: a key of another type in its place is let be.
local write = redis.pcall
local messages, history = {}, {}

local function append(list, a, b) list[#list + 1], list[#list + 2] = a, b end

local function record(job, run)
  write('ZADD', prefix .. ':runs:' .. job, now, run)
  append(history, now, run)
  -- Looked at now and then, so that trimming costs a run next to nothing.
  if (now + #history / 2) % 50 == 0 then write('SADD', prefix .. ':overfull', job) end
end

local function end_at_once(job, run, outcome, ...)
  write('HSET', prefix .. ':run:' .. run, 'v', VERSION, 'state', 'ended', 'outcome', outcome, 'finished', now, ...)
  write('ZADD', prefix .. ':outcome:' .. outcome, now, run)
  record(job, run)
end

local record_as = {}

function record_as.list(target, job, text, run, late)
  write('HSET', prefix .. ':run:' .. run, 'v', VERSION, 'state', 'dispatched', 'dispatched', now, 'late', late)
  record(job, run)
end

function record_as.channel(target, job, text, run, late)
  record_as.list(target, job, text, run, late)
  write('HSET', prefix .. ':run:' .. run, 'fanout', 1)
end

function record_as.expiry() end

local function traits_of(place)
  local priority, reruns, expires, uses = string.match(ARGV[place + 6], '^(%d) (%S+) (%S+) (.*)$')
  return priority and {priority = priority, reruns = reruns, expires = expires, uses = uses}
end

local function live(state, target, job, text, run, late, traits)
  local row = prefix .. ':run:' .. run
  write('HSET', row, 'v', VERSION, 'state', state, 'dispatched', now, 'late', late, 'list', target.name)
  write('ZADD', prefix .. ':live:' .. job, now, run)
  append(messages, prefix .. ':message:' .. run, text)
  if not traits then return end
  write('HSET', row, 'priority', traits.priority)
  if traits.reruns ~= '-' then write('HSET', row, 'reruns', traits.reruns) end
  if traits.expires ~= '-' then write('ZADD', prefix .. ':expiring', now + traits.expires, run) end
  if traits.uses ~= '-' then write('HSET', row, 'uses', traits.uses) end
end

function record_as.ledgered(target, job, text, run, late, traits)
  live('queued', target, job, text, run, late, traits)
  append(target.waiting, now, run)
end

local function hold(run, traits)
  local rank = rank_of(traits and traits.priority, now)
  write('ZADD', prefix .. ':held', rank, run)
  return rank
end

function record_as.held(target, job, text, run, late, traits)
  live('waiting', target, job, text, run, late, traits)
  local rank = hold(run, traits)
  for pool in string.gmatch(traits.uses, '([^,:]+):%d+') do
    write('ZADD', prefix .. ':held:' .. pool, rank, run)
    write('SADD', prefix .. ':look', 'p' .. pool)
  end
end

function record_as.behind(target, job, text, run, late, traits)
  live('waiting', target, job, text, run, late, traits)
  write('HSET', prefix .. ':run:' .. run, 'fifo', 1)
  hold(run, traits)
  write('SADD', prefix .. ':look', 'j' .. job)
end

function record_as.skipped(target, job, text, run) end_at_once(job, run, 'skipped', 'reason', text) end

function record_as.failed(target, job, text, run) end_at_once(job, run, 'failed', 'reason', text) end

function record_as.missed(target, job, text, run)
  local count, last, before = string.match(text, '^(%d+) (%S+) (%S*)$')
  local newest = write('ZRANGE', prefix .. ':runs:' .. job, -1, -1)[1]
  local row = prefix .. ':run:' .. (newest or '')
  local known = newest and write('HMGET', row, 'outcome', 'until', 'v') or {}
  local is_known = (tonumber(known[3] or '') or VERSION) <= VERSION
  if known[1] == 'missed' and known[2] == before and is_known then
    -- What was missed one after the other has one row.
    write('HINCRBY', row, 'count', count)
    write('HSET', row, 'until', last, 'finished', now)
  else
    end_at_once(job, run, 'missed', 'reason', 'catch_up', 'count', count, 'until', last)
  end
end

local moves = {}
for i, place in ipairs(places) do
  local refusal = codes[i] == 1 and refusal_of(place)
  if codes[i] == -2 or refusal then
    codes[i] = -2
    errors[#errors + 1] = refusal or refusal_of(place)
  elseif codes[i] == 1 then
    local key = keys[i]
    local job = string.sub(key, #prefix + 1)
    redis.call('HSET', key, 'meta', ARGV[place + 4])
    append(moves, ARGV[place + 3], key)
    local traits = ARGV[place + 6] ~= '' and traits_of(place) or nil
    each_run(place, function(target, at)
      record_as[target.kind](target, job, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], traits)
    end)
  end
end

in_blocks(moves, function(...) redis.call('ZADD', schedule, 'XX', ...) end)
in_blocks(messages, function(...) write('MSET', ...) end)
in_blocks(history, function(...) write('ZADD', prefix .. ':history', ...) end)
for _, target in pairs(targets) do
  in_blocks(target.waiting, function(...) write('ZADD', prefix .. ':waiting:' .. target.name, ...) end)
  if target.kind == 'expiry' and target.texts[1] then write('PEXPIRE', target.name, target.texts[#target.texts]) end
end
return {codes, errors}
"""
)
