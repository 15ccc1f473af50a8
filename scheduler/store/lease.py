"""Who leads: a lease of a few seconds in Redis, held by a token that fences every write."""

import uuid
from dataclasses import dataclass, field

from scheduler.store.client import Client

LEASE_SECONDS = 5.0

# The token is compared in the same step, so that a beat that woke up late can never renew or drop another's lease.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(slots=True)
class Lease:
    """One beat's claim to lead."""

    client: Client
    key: str
    seconds: float = LEASE_SECONDS
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def hold(self) -> bool:
        """Take the lease or renew it. False while another beat holds it. Raises redis.RedisError."""
        milliseconds = int(self.seconds * 1000)
        return bool(self.client.eval(_RENEW, 1, self.key, self.token, milliseconds) == 1)

    def release(self) -> None:
        """Give the lease up at once, so that a standby need not wait for its end. Raises redis.RedisError."""
        self.client.eval(_RELEASE, 1, self.key, self.token)
