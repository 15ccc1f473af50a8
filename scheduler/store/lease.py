"""Who leads: a lease of a few seconds in Redis, held by a token that fences every write."""

import math
import uuid
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError

from scheduler.store.client import Client

# What is due when the leader is killed is promised within five seconds: the rest is for the standby's first pass.
LEASE_SECONDS = 4.0
# What stands for longer than this is no lease of ours.
ENDLESS_SECONDS = 60.0

# The token is compared in the same step, so that a beat that woke up late can never renew or drop another's lease.
# Answers 1 for renewed, 2 for taken anew, or 0 and the milliseconds that the other's lease stands, -1 for one without
# end, and what it holds.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, 0, ''}
end
if not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {2, 0, ''}
end
return {0, redis.call('PTTL', KEYS[1]), string.sub(holder, 1, 100)}
"""
_RENEWED = 1
_TAKEN = 2
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(slots=True)
class Lease:
    """One beat's claim to lead.

    `terms` counts how often it was taken anew, or found again on a server that was started anew: what was written in a
    term before may not be there any more. `ends_in` is how many seconds another beat's lease stood at the last look,
    infinite where it has no end, and `holder` is its token, or the beginning of whatever stands there.
    """

    client: Client
    key: str
    seconds: float = LEASE_SECONDS
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    terms: int = field(default=0, init=False)
    ends_in: float = field(default=0.0, init=False)
    holder: str = field(default="", init=False)
    _server: str = field(default="", init=False)

    def hold(self) -> bool:
        """Take the lease or renew it. False while another beat holds it. Raises redis.RedisError."""
        pipe = self.client.pipeline(transaction=False)
        pipe.eval(_RENEW, 1, self.key, self.token, int(self.seconds * 1000))
        pipe.info("server")
        renewed, server = pipe.execute(raise_on_error=False)
        if isinstance(renewed, RedisError):
            raise renewed
        answer, left, self.holder = renewed
        # Its last millisecond has to be over.
        self.ends_in = (left + 1) / 1000 if left >= 0 else math.inf
        # A server that forgot its last second may know the lease, and not what was written under it.
        is_another = self._is_another(server)
        self.terms += answer == _TAKEN or (answer == _RENEWED and is_another)
        return bool(answer)

    def _is_another(self, server: Any) -> bool:
        """Note which run of the server answered, and say whether it is another one than before."""
        # Users of a server may be denied INFO: then a lease that was taken anew is all there is to go by.
        seen = "" if isinstance(server, RedisError) else str(server.get("run_id", ""))
        before, self._server = self._server, seen
        return bool(before and seen and before != seen)

    def release(self) -> None:
        """Give the lease up at once, so that a standby need not wait for its end. Raises redis.RedisError."""
        self.client.eval(_RELEASE, 1, self.key, self.token)
