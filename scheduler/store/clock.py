"""The beat's clock: Redis's time, carried on by this host's monotonic clock between two looks at it."""

import pkgutil
import time
from datetime import UTC, datetime, timedelta

from scheduler.clock import FollowedClock
from scheduler.settings import SettingsError
from scheduler.store.client import Client
from scheduler.timetable.years import YEARS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# RedBeat's score of what is never due, which no tick looks at.
NEVER = -1.0
# The score of the first instant that no schedule can name any more: somebody else wrote what has this one or a higher.
BEYOND = (datetime(YEARS.stop, 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(seconds=1)
# An answer that took longer than this says too little of when it was given to be preferred to the one before.
_SLOW_SECONDS = 0.05


class RedisClock:
    """Answers with Redis's time, so that beats on hosts with skewed clocks agree on what is due.

    `sync()` asks the server; `now()` never does. It may be behind by the way that the answer took, never ahead: a
    server that hangs answers with the time at which it goes on, and nothing must be dispatched early because of that.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._offset: float | None = None

    def sync(self) -> None:
        """Look at the server's clock again. Raises redis.RedisError where it cannot be asked."""
        before = time.monotonic()
        seconds, micros = self._client.time()
        after = time.monotonic()
        # The answer was given between the two.
        theirs = seconds + micros / 1e6
        least, most = theirs - after, theirs - before
        known = self._offset is not None and least <= self._offset <= most
        if not known or after - before < _SLOW_SECONDS:
            self._offset = least

    def now(self) -> datetime:
        """Return Redis's present as an aware UTC datetime; the first call asks the server."""
        if self._offset is None:
            self.sync()
        assert self._offset is not None
        return instant(self._offset + time.monotonic())


def make_clock(name: str, client: Client) -> FollowedClock:
    """Return what `module:factory` makes of the client: a beat's clock that stands in for Redis's, as tests need it.

    Raises SettingsError where there is no such factory.
    """
    try:
        factory = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        factory = None
    if not callable(factory):
        raise SettingsError(f'SCHEDULER_CLOCK: there is no clock "{name}" to import, expected module:factory')
    clock: FollowedClock = factory(client)
    return clock


def instant(score: float) -> datetime:
    """Turn seconds since the epoch into an aware UTC datetime, exact to the microsecond.

    For a number of ours: what anybody may have written is for `instant_or_none`.
    """
    return _EPOCH + timedelta(microseconds=round(score * 1_000_000))


def instant_or_none(stored: str | float | None) -> datetime | None:
    """Turn stored seconds since the epoch into an aware UTC datetime; None for what names no instant.

    Such as a text, an infinity, or a number after the years in which there are schedules.
    """
    try:
        found = instant(float("nan" if stored is None else stored))
    except (ValueError, OverflowError):
        return None
    return found if found.year < YEARS.stop else None


def score(when: datetime | None) -> float:
    """Turn an instant into the score of its entry; NEVER where there is none."""
    return NEVER if when is None else (when - _EPOCH) / timedelta(seconds=1)


def milliseconds(when: datetime) -> int:
    """Turn an instant into the form in which runs hold it: whole milliseconds since the epoch."""
    return (when - _EPOCH) // timedelta(milliseconds=1)
