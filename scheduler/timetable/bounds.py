"""A schedule between a first and a last instant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.timetable.schedule import INSTANT, Schedule


@dataclass(frozen=True)
class Bounded:
    """A schedule's occurrences from `starts` to `ends`, both included, where they are given."""

    schedule: Schedule
    starts: datetime | None
    ends: datetime | None

    @property
    def timezone(self) -> str:
        return self.schedule.timezone

    def after(self, instant: datetime) -> datetime | None:
        """Return the first occurrence strictly after the instant."""
        if self.starts is not None and instant < self.starts:
            instant = self.starts - INSTANT
        found = self.schedule.after(instant)
        return None if found is None or (self.ends is not None and found > self.ends) else found

    def before(self, instant: datetime) -> datetime | None:
        """Return the last occurrence strictly before the instant."""
        if self.ends is not None and instant > self.ends:
            instant = self.ends + INSTANT
        found = self.schedule.before(instant)
        return None if found is None or (self.starts is not None and found < self.starts) else found

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences in (after, until], in order; adjoining windows concatenate."""
        yield from self.schedule.between(*self._within(after, until))

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many occurrences lie in (after, until]."""
        first, last = self._within(after, until)
        return self.schedule.count(first, last) if first < last else 0

    def smallest_interval(self) -> timedelta | None:
        """Return the schedule's own."""
        return self.schedule.smallest_interval()

    def explain(self) -> str:
        """Say when the schedule runs; the bounds are the timetable's to tell."""
        return self.schedule.explain()

    def notes(self) -> tuple[str, ...]:
        """Return the schedule's own."""
        return self.schedule.notes()

    def _within(self, after: datetime, until: datetime) -> tuple[datetime, datetime]:
        if self.starts is not None:
            after = max(after, self.starts - INSTANT)
        if self.ends is not None:
            until = min(until, self.ends)
        return after, until
