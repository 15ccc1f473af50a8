"""Who leads: a lease of a few seconds in Redis, held by a token that fences every write."""

import math
import uuid
from dataclasses import dataclass, field

from scheduler.store.client import Client

# What is due when the leader is killed is promised within five seconds: the rest is for the standby's first pass.
LEASE_SECONDS = 4.0

# The token is compared in the same step, so that a beat that woke up late can never renew or drop another's lease.
# Answers 1 for renewed, 2 for taken anew, or 0 and the milliseconds that the other's lease stands, -1 for one without
# end.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, 0}
end
if not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {2, 0}
end
return {0, redis.call('PTTL', KEYS[1])}
"""
_TAKEN = 2
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(slots=True)
class Lease:
    """One beat's claim to lead.

    `terms` counts how often it was taken anew: what was written in a term before may not be there any more. `ends_in`
    is how many seconds another beat's lease stood at the last look, infinite where it has no end.
    """

    client: Client
    key: str
    seconds: float = LEASE_SECONDS
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    terms: int = field(default=0, init=False)
    ends_in: float = field(default=0.0, init=False)

    def hold(self) -> bool:
        """Take the lease or renew it. False while another beat holds it. Raises redis.RedisError."""
        answer, left = self.client.eval(_RENEW, 1, self.key, self.token, int(self.seconds * 1000))
        # Its last millisecond has to be over.
        self.ends_in = (left + 1) / 1000 if left >= 0 else math.inf
        self.terms += answer == _TAKEN
        return bool(answer)

    def release(self) -> None:
        """Give the lease up at once, so that a standby need not wait for its end. Raises redis.RedisError."""
        self.client.eval(_RELEASE, 1, self.key, self.token)
