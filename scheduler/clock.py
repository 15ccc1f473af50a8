"""Where the present comes from. Code that decides takes a `Clock`; only this file and `store` ask a real one."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Answers with the present instant."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


class FollowedClock(Clock, Protocol):
    """A clock that goes by another one, at which it looks now and then."""

    def sync(self) -> None:
        """Look at the other clock again."""
        ...


class SystemClock:
    """This host's clock. Good enough to show times to a person, not to decide what is due (Redis's clock does)."""

    def now(self) -> datetime:
        return datetime.now(UTC)
