"""A beat's clock that is moved by hand, for a beat in the test's own process or in one of its own.

`SCHEDULER_CLOCK=tests.hand_clock:HandClock`, or `scheduler_clock` in a Celery configuration, puts it in.
"""

from datetime import UTC, datetime

from scheduler.store.client import Client

NAME = "tests.hand_clock:HandClock"
_KEY = "hand-clock"


class HandClock:
    """Stands where it was put last. It lies in the beat's own database, so that all beats there see the same time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._now: datetime | None = None

    def put(self, now: datetime) -> None:
        """Let it be `now` for every beat from its next pass on."""
        self._client.set(_KEY, now.isoformat())

    def sync(self) -> None:
        self._now = datetime.fromisoformat(self._client.get(_KEY)).astimezone(UTC)

    def now(self) -> datetime:
        if self._now is None:
            self.sync()
        assert self._now is not None
        return self._now
