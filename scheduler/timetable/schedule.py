"""What every kind of schedule answers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The resolution of a datetime: the step from "strictly before" to "at or before".
INSTANT = timedelta(microseconds=1)


class Schedule(Protocol):
    """Names instants: aware UTC datetimes in and out. Immutable, hashable, picklable."""

    @property
    def timezone(self) -> str:
        """The zone in which it is meant and shown."""
        ...

    def after(self, instant: datetime) -> datetime | None:
        """Return the first occurrence strictly after the instant."""
        ...

    def before(self, instant: datetime) -> datetime | None:
        """Return the last occurrence strictly before the instant."""
        ...

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences in (after, until], in order; adjoining windows concatenate."""
        ...

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many occurrences lie in (after, until], without going through them one by one."""
        ...

    def smallest_interval(self) -> timedelta | None:
        """Return the shortest time on the clock between two occurrences; None where there is but one."""
        ...

    def explain(self) -> str:
        """Say in plain English when it runs."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        ...
