"""The end of the service: one child after the other, each with its time to finish."""

import math
from collections.abc import Sequence

from scheduler import descendants
from scheduler.up.child import Child, Phase


class Stopping:
    """Stops the children in the given order; the next is asked when the one before it has ended."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.deadline = math.inf
        self._waiting = list(children)
        self._current: Child | None = None
        self._is_hurried = False

    @property
    def is_over(self) -> bool:
        """Whether every child has ended."""
        return not self._waiting and (self._current is None or self._current.phase is Phase.STOPPED)

    def advance(self, now: float) -> None:
        """Ask the next child if the current one has ended; kill the current one if its time is over."""
        while self._waiting and (self._current is None or self._current.phase is Phase.STOPPED):
            self._current = self._waiting.pop(0)
            self._current.ask_to_stop()
            self.deadline = now + self._current.program.grace_seconds
        current = self._current
        if current is None or current.pid is None:
            return
        if now >= self.deadline or (self._is_hurried and not current.program.keeps_data):
            self.deadline = math.inf
            descendants.kill_group(current.pid)

    def hurry(self) -> None:
        """Leave nobody time to finish, except those whose data would suffer."""
        self._is_hurried = True
