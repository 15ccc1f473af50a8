"""A schedule on the days on which its job runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.timetable.calendar import DayRule
from scheduler.timetable.local_day import local_day, start_of_day
from scheduler.timetable.schedule import INSTANT, Schedule

_DAY = timedelta(days=1)
# Dates and weekdays meet in all their ways within 40 years: what has not come by then, such as a Sunday on a day that
# is no Sunday, never comes.
_LONGEST_WAIT = timedelta(days=60 * 366)


@dataclass(frozen=True)
class Filtered:
    """A schedule's occurrences without those of the days that the rule leaves out."""

    schedule: Schedule
    rule: DayRule

    @property
    def timezone(self) -> str:
        return self.schedule.timezone

    def after(self, instant: datetime) -> datetime | None:
        """Return the first occurrence strictly after the instant."""
        found = self.schedule.after(instant)
        latest = None
        while found is not None:
            day = self._day(found)
            latest = latest or _later(self.rule.special_from(day))
            if self.rule.runs_on(day):
                return found
            following = self.rule.following(day)
            if following is None or following > latest:
                return None
            found = self.schedule.after(max(found, start_of_day(following, self.timezone) - INSTANT))
        return None

    def before(self, instant: datetime) -> datetime | None:
        """Return the last occurrence strictly before the instant."""
        found = self.schedule.before(instant)
        earliest = None
        while found is not None:
            day = self._day(found)
            earliest = earliest or _earlier(self.rule.special_until(day))
            if self.rule.runs_on(day):
                return found
            preceding = self.rule.preceding(day)
            if preceding is None or preceding < earliest:
                return None
            found = self.schedule.before(min(found, start_of_day(preceding + _DAY, self.timezone)))
        return None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences in (after, until], in order; adjoining windows concatenate."""
        occurrence = self.after(after)
        while occurrence is not None and occurrence <= until:
            yield occurrence
            occurrence = self.after(occurrence)

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many occurrences lie in (after, until]."""
        total = 0
        occurrence = self.after(after)
        while occurrence is not None and occurrence <= until:
            last = min(until, start_of_day(self._day(occurrence) + _DAY, self.timezone) - INSTANT)
            total += 1 + self.schedule.count(occurrence, last)
            occurrence = self.after(last)
        return total

    def smallest_interval(self) -> timedelta | None:
        """Return the schedule's own."""
        return self.schedule.smallest_interval()

    def explain(self) -> str:
        """Say when the schedule runs; the days are the timetable's to tell."""
        return self.schedule.explain()

    def notes(self) -> tuple[str, ...]:
        """Return the schedule's own."""
        return self.schedule.notes()

    def _day(self, instant: datetime) -> date:
        return local_day(instant, self.timezone)


def _later(day: date) -> date:
    return date.max if date.max - day < _LONGEST_WAIT else day + _LONGEST_WAIT


def _earlier(day: date) -> date:
    return date.min if day - date.min < _LONGEST_WAIT else day - _LONGEST_WAIT
