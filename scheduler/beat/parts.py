"""The parts of a pass: each fails for itself, where what it works on in Redis is not what it should be."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from redis.exceptions import NoPermissionError, ResponseError

from scheduler.beat.trouble import Trouble
from scheduler.store.refusal import refusal

AGAIN_SECONDS = 2.0

Answer = TypeVar("Answer")
Other = TypeVar("Other")


class Apart(Protocol):
    """Carries out one part, by its name."""

    def __call__(self, name: str, act: Callable[[], Answer], otherwise: Other) -> Answer | Other:
        """Return what it returns, or `otherwise` where it failed for itself. Raises what concerns the whole pass."""
        ...


def together(name: str, act: Callable[[], Answer], otherwise: Other) -> Answer | Other:
    """Let whatever fails fail the pass."""
    return act()


class Parts:
    """Says once which of them fails, now and then while it does, and when it goes on.

    `explains` is asked whether the reason was said already.
    """

    def __init__(self, explains: Callable[[Exception], bool], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._explains = explains
        self._monotonic = monotonic
        self._troubles: dict[str, Trouble] = {}
        self._owed: dict[str, Callable[[], object]] = {}
        self._not_before = float("-inf")

    def run(self, name: str, act: Callable[[], Answer], otherwise: Other) -> Answer | Other:
        """See `Apart`."""
        try:
            answer = act()
        except ResponseError as error:
            # What the server says to everybody, or of this user, is not the part's affair.
            if refusal(error) is not None or isinstance(error, NoPermissionError):
                raise
            if not self._explains(error):
                self._troubles.setdefault(name, Trouble(self._monotonic, part=name)).met(error)
            return otherwise
        if name in self._troubles:
            self._troubles[name].passed()
        return answer

    def owe(self, name: str, act: Callable[[], object]) -> None:
        """Have something done once, as soon as it does not fail any more."""
        self._owed[name] = act
        self._not_before = float("-inf")

    def pay(self) -> None:
        """Do what is owed, every two seconds where it fails for itself. Raises what concerns the whole pass."""
        if not self._owed or self._monotonic() < self._not_before:
            return
        self._not_before = self._monotonic() + AGAIN_SECONDS
        for name, act in list(self._owed.items()):
            if self.run(name, lambda act=act: (act(),), None) is not None:  # type: ignore[misc]
                del self._owed[name]
