"""The sizes of the pools of the installed file."""

from collections.abc import Mapping

from scheduler.store.client import Client
from scheduler.store.keys import Keys

# KEYS: lock, pools, look. ARGV: token, then names and sizes in turn. The runs in line for a pool are looked at again
# where it has another size now, or none.
_INSTALL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local before = redis.call('HGETALL', KEYS[2])
local known = {}
for i = 1, #before, 2 do known[before[i]] = before[i + 1] end
for i = 2, #ARGV, 2 do
  if known[ARGV[i]] ~= ARGV[i + 1] then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
    redis.call('SADD', KEYS[3], 'p' .. ARGV[i])
  end
  known[ARGV[i]] = nil
end
for pool in pairs(known) do
  redis.call('HDEL', KEYS[2], pool)
  redis.call('SADD', KEYS[3], 'p' .. pool)
end
return 1
"""


def install_pools(client: Client, keys: Keys, pools: Mapping[str, int], token: str) -> bool:
    """Make the pools those of the file; False where the lease is not ours any more. Raises redis.RedisError."""
    said = [part for item in pools.items() for part in item]
    return bool(client.eval(_INSTALL, 3, keys.lock, keys.pools, keys.look, token, *said))
