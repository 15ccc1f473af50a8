"""Which of several beats is to lead: while versions run side by side, one that understands all that is stored."""

import time
from collections.abc import Callable

from scheduler.store.client import Client
from scheduler.store.clock import RedisClock
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.lease import LEASE_SECONDS
from scheduler.store.presence import read_presences

LOOK_SECONDS = 1.0
# Beats tell of themselves every two seconds. One that was killed is waited for no longer than its lease would stand.
WAITED_FOR_SECONDS = LEASE_SECONDS


class Precedence:
    """What one beat knows of those that understand later forms than it does.

    `newer` names one, or is None; `ends_in` is for how many seconds it is still waited for if it says no more.
    """

    def __init__(
        self, client: Client, keys: Keys, clock: RedisClock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._key = keys.beats
        self._clock = clock
        self._monotonic = monotonic
        self._looked = float("-inf")
        self.newer: str | None = None
        self.ends_in = 0.0

    def look(self, *, is_leading: bool) -> bool:
        """Return whether there is one: a leader looks now and then, a standby each time. Raises redis.RedisError."""
        if not is_leading or self._monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = self._monotonic()
            self._read()
        return self.newer is not None

    def _read(self) -> None:
        now = self._clock.now()
        at = now.timestamp()
        # Redis's clock may have been set back since: what was seen in the future says nothing of now.
        left = {
            one.name: WAITED_FOR_SECONDS - abs(at - one.seen)
            for one in read_presences(self._client, self._key, now)
            if one.form > FORM_VERSION
        }
        self.newer = max(left, key=left.__getitem__, default=None)
        self.ends_in = left[self.newer] if self.newer else 0.0
        if self.ends_in <= 0:
            self.newer = None
