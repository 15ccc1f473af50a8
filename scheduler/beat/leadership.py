"""Leader or standby: the lease, renewed apart from the tick, and what is told to others about this beat."""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler import __version__
from scheduler.beat.locked_out import LockedOut
from scheduler.beat.precedence import Precedence
from scheduler.jobs import message
from scheduler.store.client import Client
from scheduler.store.clock import RedisClock
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.lease import Lease
from scheduler.store.presence import Presence, announce, clock_ahead, withdraw

logger = get_logger(__name__)

RENEW_SECONDS = 1.0
ANNOUNCE_SECONDS = 2.0
# A lease is not trusted for its last moments: the other side of a slow network may have seen its end already.
MARGIN_SECONDS = 0.5
# A tick may take long, and a lost lease costs its batch only another look; one that takes longer than this hangs.
HANGING_SECONDS = 30.0


class Leadership:
    """Holds the lease while it can. Safe to use from the tick and from the thread that renews.

    `complete` adds to each announcement what others know of this beat.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        clock: RedisClock,
        monotonic: Callable[[], float] = time.monotonic,
        complete: Callable[[Presence, datetime], Presence] = lambda presence, now: presence,
    ) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._monotonic = monotonic
        self._complete = complete
        self._lease = Lease(client, keys.lock)
        self._locked_out = LockedOut(self._lease, monotonic)
        self._precedence = Precedence(client, keys, clock, monotonic)
        self._turn = threading.Lock()
        self._host = socket.gethostname()
        self._since: float | None = None
        self._renewed = float("-inf")
        self._announced = float("-inf")
        self._valid_until = float("-inf")
        self._released = False
        self._last_turn = monotonic()
        self._told: int | None = None

    @property
    def token(self) -> str:
        """The fencing token under which this beat writes."""
        return self._lease.token

    @property
    def term(self) -> int:
        """Another number each time the lease was taken anew or the server started anew: nothing is there for sure."""
        return self._lease.terms

    @property
    def ends_in(self) -> float:
        """How many seconds another beat's lease, or its precedence, stood at the last look."""
        return self._precedence.ends_in if self._precedence.newer else self._lease.ends_in

    @property
    def leading(self) -> bool:
        """Whether the lease is ours, as far as this host can know. The commit asks Redis itself."""
        return self._monotonic() < self._valid_until

    @property
    def name(self) -> str:
        """What this beat is called among the beats."""
        return f"{self._host}:{os.getpid()}:{self._lease.token[:6]}"

    def turned(self) -> None:
        """Note that the tick turns: a loop that hangs must not keep the lease."""
        self._last_turn = self._monotonic()

    @property
    def hangs(self) -> bool:
        """Whether the tick has not turned for long."""
        return self._monotonic() - self._last_turn > HANGING_SECONDS

    def hold(self) -> bool:
        """Take or renew the lease if that was not done lately; to be called between two passes.

        A beat that understands later forms than this one leads in its place. Raises redis.RedisError.
        """
        with self._turn:
            if not self._released and self._precedence.look(is_leading=self.leading):
                self._give_way()
            elif not self._released and not self.leading:
                self._renew()
            elif not self._released:
                self._renew_in_time()
            return self.leading

    def keep(self) -> None:
        """Renew the lease in the midst of a pass. Raises redis.RedisError."""
        with self._turn:
            if self.leading:
                self._renew_in_time()

    def lost(self) -> None:
        """Note that Redis said another beat leads."""
        self._valid_until = float("-inf")

    def release(self) -> None:
        """Give the lease up and take this beat off the list, for good. Raises redis.RedisError."""
        with self._turn:
            self._released = True
            self._valid_until = float("-inf")
            self._lease.release()
            withdraw(self._client, self._keys.beats, self.name)

    def _give_way(self) -> None:
        if self.leading:
            logger.info("beat.gives_way to=%s reason=%r", self._precedence.newer, "it is of a later version")
            self._lease.release()
        self._valid_until = float("-inf")
        self._tell(0)

    def _renew_in_time(self) -> None:
        if self._monotonic() - self._renewed >= RENEW_SECONDS:
            self._renew()

    def _renew(self) -> None:
        asked, was_leading, terms = self._monotonic(), self.leading, self._lease.terms
        held = self._lease.hold()
        if held and not was_leading and self._lease.terms == terms:
            # An answer that was lost said that it was taken.
            self._lease.terms += 1
        self._valid_until = asked + self._lease.seconds - MARGIN_SECONDS if held else float("-inf")
        self._renewed = asked
        self._locked_out.look()
        self._tell(self._lease.terms if held else 0)

    def _tell(self, told: int) -> None:
        if told != self._told:
            self._told = told
            self._announced = float("-inf")
            logger.info("beat.leading" if told else "beat.standby")
        self._announce()

    def _announce(self) -> None:
        if self._monotonic() - self._announced < ANNOUNCE_SECONDS:
            return
        now = self._clock.now()
        seen = now.timestamp()
        self._since = seen if self._since is None else self._since
        presence = Presence(
            name=self.name,
            host=self._host,
            pid=os.getpid(),
            since=self._since,
            seen=seen,
            state="leader" if self.leading else "standby",
            version=__version__,
            clock_ahead=clock_ahead(now),
            form=FORM_VERSION,
            messages=message.CURRENT_VERSION,
        )
        announce(self._client, self._keys.beats, self._complete(presence, now))
        self._announced = self._monotonic()


class Renewal:
    """A thread that keeps the lease while a tick takes long."""

    def __init__(self, leadership: Leadership) -> None:
        self._leadership = leadership
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """End; waits for a renewal that is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._stopped.wait(RENEW_SECONDS / 2):
            if not self._leadership.leading or self._leadership.hangs:
                # Becoming the leader is the tick's business: it has to take over what goes with it.
                continue
            try:
                self._leadership.keep()
            except RedisError as error:
                logger.debug("lease.renewal_failed error=%r", str(error))
