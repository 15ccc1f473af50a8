"""The whole *when* of a job, as the beat asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from scheduler.timetable.schedule import Schedule

# The resolution of a datetime: the step from "strictly before" to "at or before".
_INSTANT = timedelta(microseconds=1)


class Occurrence(NamedTuple):
    """A nominal instant and when it is dispatched; both aware UTC."""

    nominal: datetime
    dispatch: datetime


@dataclass(frozen=True)
class Timetable:
    """Yields occurrences in dispatch order. A mark is the dispatch time of the last one that was decided."""

    schedule: Schedule

    @property
    def timezone(self) -> str:
        return self.schedule.timezone

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the first occurrence that is dispatched strictly after the mark."""
        nominal = self.schedule.after(mark)
        return None if nominal is None else Occurrence(nominal, nominal)

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        """Return the last `limit` occurrences that are dispatched in (mark, now], oldest first."""
        found: list[Occurrence] = []
        nominal = self.schedule.before(now + _INSTANT)
        while nominal is not None and nominal > mark and len(found) < limit:
            found.append(Occurrence(nominal, nominal))
            nominal = self.schedule.before(nominal)
        return found[::-1]

    def count(self, mark: datetime, now: datetime) -> int:
        """Return how many occurrences are dispatched in (mark, now]."""
        return sum(1 for _ in self.schedule.between(mark, now))

    def due(self, mark: datetime, now: datetime) -> Iterator[Occurrence]:
        """Yield the occurrences that are dispatched in (mark, now], in dispatch order."""
        for nominal in self.schedule.between(mark, now):
            yield Occurrence(nominal, nominal)

    def previous(self, nominal: datetime) -> datetime | None:
        """Return the nominal occurrence before this one: where the interval that it closes begins."""
        return self.schedule.before(nominal)

    def explain(self) -> str:
        return self.schedule.explain()

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        return self.schedule.notes()
