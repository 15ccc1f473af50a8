"""The sizes of the pools of the installed file, in Lua: they become others in the step that installs the first jobs."""

# `sizes` are those of all pools, by name. The runs in line for one are looked at again where it has another size now,
# or none.
INSTALL_POOLS = """
local function install_pools(prefix, sizes)
  local pools, look = prefix .. ':pools', prefix .. ':look'
  local known = {}
  local before = redis.call('HGETALL', pools)
  for i = 1, #before, 2 do known[before[i]] = before[i + 1] end
  for pool, size in pairs(sizes) do
    size = string.format('%d', size)
    if known[pool] ~= size then
      redis.call('HSET', pools, pool, size)
      redis.call('SADD', look, 'p' .. pool)
    end
    known[pool] = nil
  end
  for pool in pairs(known) do
    redis.call('HDEL', pools, pool)
    redis.call('SADD', look, 'p' .. pool)
  end
end
"""
