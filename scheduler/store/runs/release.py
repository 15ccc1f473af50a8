"""Which of the runs that were held back may go now: the script."""

# ARGV: …, limit, milliseconds after which what a queue refused is tried again.
#
# Looks only where something changed. The line for a pool is in order of urgency, then age; the first in it that does
# not fit keeps the others waiting: smaller ones do not overtake it for ever, nor does one that is the first in line for
# another pool. A run takes all of its slots or none, and the order is the same in every line, so that no two can wait
# for each other; what wants more than there is gets the pool for itself.
RELEASE = """
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
  local pushed = push(run)
  if pushed then
    each_use(uses, function(key, slots) redis.call('HSET', key, run, slots) end)
    answers[#answers + 1] = run
  elseif pushed == nil then
    -- Out of the lines meanwhile, where it would keep runs of other queues waiting.
    retry(run, N + ARGV[4], '')
    redis.call('HSET', row_of(run), 'reason', refused[#refused])
  end
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
  while #answers + #refused / 2 < tonumber(ARGV[3]) do
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
return {answers, refused}
"""
