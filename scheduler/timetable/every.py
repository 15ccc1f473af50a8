"""A fixed interval, counted in elapsed time from an anchor."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scheduler.timetable.changes import changes_ahead
from scheduler.timetable.duration import format_duration
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.schedule import EPOCH
from scheduler.timetable.zones import check_zone

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Every:
    """Occurrence n is anchor + n * interval for every whole n: replicas agree, and nothing drifts.

    Raises ScheduleError for an interval that is not one or more whole seconds, and for an unknown zone.
    """

    interval: timedelta
    timezone: str = "UTC"
    anchor: datetime = EPOCH

    def __post_init__(self) -> None:
        check_zone(self.timezone)
        if self.interval < _SECOND or self.interval.microseconds:
            raise ScheduleError(f'the interval "{self.interval}" is not in whole seconds', "1s or more")
        if self.anchor.tzinfo is None:
            raise ScheduleError(f'the anchor "{self.anchor.isoformat()}" has no offset', "an instant with its offset")
        object.__setattr__(self, "anchor", self.anchor.astimezone(UTC))

    def after(self, instant: datetime) -> datetime | None:
        """Return the first occurrence strictly after the instant; None past what a datetime can hold."""
        return self._occurrence((instant - self.anchor) // self.interval + 1)

    def before(self, instant: datetime) -> datetime | None:
        """Return the last occurrence strictly before the instant; None past what a datetime can hold."""
        return self._occurrence(-((self.anchor - instant) // self.interval) - 1)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences in (after, until], in order; adjoining windows concatenate."""
        occurrence = self.after(after)
        while occurrence is not None and occurrence <= until:
            yield occurrence
            occurrence = self.after(occurrence)

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many occurrences lie in (after, until]."""
        return max(0, (until - self.anchor) // self.interval - (after - self.anchor) // self.interval)

    def smallest_interval(self) -> timedelta:
        """Return the interval."""
        return self.interval

    def explain(self) -> str:
        """Say in plain English when it runs."""
        return f"Every {format_duration(self.interval)}, counted from {self.anchor:%Y-%m-%dT%H:%M:%SZ}."

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        if self.interval % timedelta(days=1) or not changes_ahead(self.timezone):
            return ()
        written = format_duration(self.interval)
        return (f'"every: {written}" counts elapsed time: its time of day moves when the clocks change',)

    def _occurrence(self, number: int) -> datetime | None:
        try:
            return self.anchor + number * self.interval
        except OverflowError:
            return None
