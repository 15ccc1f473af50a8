"""The end of the service: one crew after the other, each with its time to finish."""

import math
from collections.abc import Sequence

from scheduler import descendants
from scheduler.up.child import Child, Phase

Crew = Sequence[Child]


class Stopping:
    """Stops the crews in the given order: all of one at once, and the next when they have ended."""

    def __init__(self, crews: Sequence[Crew]) -> None:
        self._waiting = list(crews)
        self._current: dict[Child, float] = {}
        self._is_hurried = False

    @property
    def deadline(self) -> float:
        """When somebody's time is over, by the monotonic clock."""
        return min(self._current.values(), default=math.inf)

    @property
    def is_over(self) -> bool:
        """Whether every child has ended."""
        return not self._waiting and self._has_current_ended()

    def advance(self, now: float) -> None:
        """Ask the next crew if the current one has ended; kill those of the current one whose time is over."""
        while self._waiting and self._has_current_ended():
            self._current = {}
            for child in self._waiting.pop(0):
                child.ask_to_stop()
                self._current[child] = now + child.program.grace_seconds
        for child, deadline in self._current.items():
            if child.pid is None:
                self._current[child] = math.inf
            elif now >= deadline or (self._is_hurried and not child.program.keeps_data):
                self._current[child] = math.inf
                descendants.kill_group(child.pid)

    def hurry(self) -> None:
        """Leave nobody time to finish, except those whose data would suffer."""
        self._is_hurried = True

    def _has_current_ended(self) -> bool:
        return all(child.phase is Phase.STOPPED for child in self._current)
