"""The Lua of what a worker does to the ledger (`claim`), behind what all scripts of the ledger share."""

# Answers a word, and with `claimed` the number of the attempt; any other word is why the message is to be dropped or,
# of a `newer` row, left to others. `native` is Celery's count of retries, `lease` the end of the lease.
CLAIM_FUNCTION = """
local function claim(run, token, worker, native, lease)
  local row, job = row_of(run), job_of(run)
  local state = redis.call('HGET', row, 'state')
  if not state then
    -- History is trimmed from its old end: a row that is missing there was of a run that has ended.
    local oldest = redis.call('ZRANGE', P .. ':runs:' .. job, 0, 0)[1]
    if oldest and string.match(run, '[^@+]*$') < string.match(oldest, '[^@+]*$') then return 'trimmed' end
    redis.call('HSET', row, 'v', VERSION, 'dispatched', N)
  elseif state ~= 'ended' and is_newer(row) then
    return 'newer'
  elseif state == 'retrying' then
    if native == '0' or redis.call('HGET', row, 'native') ~= native then return state end
  elseif state == 'running' and redis.call('HGET', row, 'token') == token then
    -- Claimed already, and the answer was lost on its way.
    return 'claimed', tonumber(redis.call('HGET', row, 'attempt'))
  elseif state ~= 'queued' and state ~= 'dispatched' then
    return state
  end
  settle(run, row)
  redis.call('HSETNX', row, 'started', N)
  redis.call('HSET', row, 'state', 'running', 'begun', N, 'worker', worker, 'token', token)
  redis.call('HDEL', row, 'due', 'native', 'reason')
  redis.call('ZADD', P .. ':live:' .. job, 'NX', redis.call('HGET', row, 'dispatched') or N, run)
  redis.call('ZADD', P .. ':leases', lease, run)
  redis.call('ZREM', P .. ':expiring', run)
  return 'claimed', redis.call('HINCRBY', row, 'attempt', 1)
end
"""

# ARGV: …, worker, end of the lease, then for each run: its id, the token, Celery's count of retries.
CLAIM = (
    CLAIM_FUNCTION
    + """
local answers = {}
for i = 5, #ARGV, 3 do
  answers[#answers + 1] = {claim(ARGV[i], ARGV[i + 1], ARGV[3], ARGV[i + 2], ARGV[4])}
end
return answers
"""
)

# ARGV: …, then for each run: its id, the token, outcome, reason, how many further values follow, and these: names and
# values of the row's fields in turn. 0 for a run that is not the caller's any more.
FINISH = """
local answers, i = {}, 3
while i <= #ARGV do
  local run, last = ARGV[i], i + 4 + tonumber(ARGV[i + 4])
  if redis.call('HGET', row_of(run), 'token') == ARGV[i + 1] then
    end_run(run, ARGV[i + 2], ARGV[i + 3], {unpack(ARGV, i + 5, last)})
    answers[#answers + 1] = 1
  else
    answers[#answers + 1] = 0
  end
  i = last + 1
end
return answers
"""

# ARGV: …, run, token, when the next attempt is due, Celery's count of retries or '', reason, then further fields.
RETRY = """
local run, row = ARGV[3], row_of(ARGV[3])
if redis.call('HGET', row, 'token') ~= ARGV[4] then return 0 end
redis.call('HSET', row, 'reason', ARGV[7], unpack(ARGV, 8))
retry(run, ARGV[5], ARGV[6])
return 1
"""

# ARGV: …, worker, end of the lease, then runs. For each: 1 renewed, 2 renewed but it is to be cancelled, 0 not this
# worker's (any more).
RENEW = """
local answers = {}
for i = 5, #ARGV do
  local row, answer = row_of(ARGV[i]), 0
  local found = redis.call('HMGET', row, 'state', 'worker', 'cancel')
  if found[1] == 'running' and found[2] == ARGV[3] then
    redis.call('ZADD', P .. ':leases', 'XX', ARGV[4], ARGV[i])
    answer = found[3] and 2 or 1
  end
  answers[#answers + 1] = answer
end
return answers
"""

# ARGV: …, worker, reason, then runs that this worker cannot end.
LOSE = """
local lost = 0
for i = 5, #ARGV do
  local found = redis.call('HMGET', row_of(ARGV[i]), 'state', 'worker')
  if found[1] == 'running' and found[2] == ARGV[3] then
    lose(ARGV[i], ARGV[4])
    lost = lost + 1
  end
end
return lost
"""

# ARGV: …, worker, outcome, reason, then runs that this worker ended from outside.
END = """
local ended = 0
for i = 6, #ARGV do
  local found = redis.call('HMGET', row_of(ARGV[i]), 'state', 'worker')
  if found[1] == 'running' and found[2] == ARGV[3] then
    end_run(ARGV[i], ARGV[4], ARGV[5], {})
    ended = ended + 1
  end
end
return ended
"""

# ARGV: …, run, token, fraction, text.
PROGRESS = """
if redis.call('HGET', row_of(ARGV[3]), 'token') ~= ARGV[4] then return 0 end
redis.call('HSET', row_of(ARGV[3]), 'progress', ARGV[5], 'doing', ARGV[6])
return 1
"""
