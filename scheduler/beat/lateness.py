"""How late the latest dispatches were: kept in memory, and told to others with the signs of life."""

import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from scheduler.store.lag import Lag

# Enough for the largest burst; what is older than the window says nothing of how things are.
KEPT = 10_000
WINDOW = timedelta(hours=1)


class Lateness:
    """A bounded record. Safe to use from the thread that dispatches and the one that renews the lease."""

    def __init__(self, kept: int = KEPT, window: timedelta = WINDOW) -> None:
        self._window = window.total_seconds()
        self._turn = threading.Lock()
        # When each was dispatched, and how late, in seconds.
        self._latest: deque[tuple[float, float]] = deque(maxlen=kept)

    def note(self, dispatches: Iterable[datetime], now: datetime) -> None:
        """Note occurrences that were dispatched `now`, by their dispatch times."""
        at = now.timestamp()
        late = [(at, (now - due).total_seconds()) for due in dispatches]
        with self._turn:
            self._latest.extend(late)

    def summary(self, now: datetime) -> Lag | None:
        """Summarise what was dispatched within the window before `now`; None where nothing was."""
        oldest = now.timestamp() - self._window
        with self._turn:
            while self._latest and self._latest[0][0] < oldest:
                self._latest.popleft()
            latest = list(self._latest)
        return Lag.of(latest[0][0], [late for _, late in latest]) if latest else None
