"""What every kind of schedule answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def explain(self) -> str:
        """Say in plain English when it runs."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        ...
