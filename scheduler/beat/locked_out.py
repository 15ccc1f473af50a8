"""A lock that somebody else left there: no beat can lead as long as it stands, and nobody else would say so."""

import time
from collections.abc import Callable

from celery.utils.log import get_logger

from scheduler.store.lease import ENDLESS_SECONDS, Lease

logger = get_logger(__name__)

REMIND_SECONDS = 300.0
_DO = "delete the key once no beat of another kind runs under this prefix"


class LockedOut:
    """Says who holds it and until when: once for each, and now and then while it stands."""

    def __init__(self, lease: Lease, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lease = lease
        self._monotonic = monotonic
        self._holder = ""
        self._said = 0.0

    def look(self) -> None:
        """Look at what the lease found last."""
        lease, now = self._lease, self._monotonic()
        if lease.ends_in <= ENDLESS_SECONDS:
            self._holder = ""
            return
        if lease.holder != self._holder or now - self._said >= REMIND_SECONDS:
            self._holder, self._said = lease.holder, now
            ends = "never" if lease.ends_in == float("inf") else f"in {lease.ends_in:.0f} s"
            logger.error("beat.locked_out key=%s holder=%r ends=%r do=%r", lease.key, lease.holder, ends, _DO)
