"""Schedules of Celery's own kinds (crontab, interval, rrule, solar), asked through the questions of `policy.When`."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import crontab, schedule  # noqa: TID251 (what applications configure)
from redbeat.schedules import rrule

from scheduler.store.foreign_crontab import count_of_crontab, next_of_crontab
from scheduler.timetable import Occurrence

_STEPS = 1_000
_SPANS = (None, timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class ForeignTimetable:
    """An entry that an application saved with RedBeat's own API. Its nominal and dispatch times are the same."""

    schedule: Any

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the occurrence after `mark`, which is the entry's `last_run_at`."""
        if isinstance(self.schedule, crontab):
            nominal = next_of_crontab(self.schedule, mark)
            return None if nominal is None else Occurrence(nominal, nominal)
        # remaining_estimate() answers relative to the schedule's present: with the present at the mark, mark plus
        # answer is the nominal time itself, whatever the time is now.
        self.schedule.nowfun = lambda: mark
        remaining = self.schedule.remaining_estimate(mark)
        if remaining is None:
            return None
        nominal = (mark + remaining).astimezone(UTC)
        return Occurrence(nominal, nominal) if nominal > mark else None

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        """Return the last `limit` occurrences in (mark, now], oldest first.

        Crontabs and the sun are asked for one occurrence at a time: where more than a thousand were missed, only those
        of the last day, hour or minute are found.
        """
        if self._is_interval:
            return self._newest_of_interval(mark, now, limit)
        if isinstance(self.schedule, rrule):
            return list(deque(self._of_rule(mark, now), maxlen=limit))
        end = now
        while end > mark:
            begin, found = self._window(mark, end)
            if found:
                return found[-limit:]
            # That nothing lies in the last day says nothing of the day before.
            end = begin
        return []

    def _window(self, mark: datetime, end: datetime) -> tuple[datetime, list[Occurrence]]:
        for span in _SPANS:
            begin = mark if span is None else max(mark, end - span)
            found = self._walk(begin, end)
            if found is not None:
                return begin, found
        return mark, []

    def _of_rule(self, mark: datetime, now: datetime) -> Iterator[Occurrence]:
        # Asked for one after the other, the rule would begin at its first each time.
        for found in self.schedule.rrule.xafter(mark):
            nominal = found.astimezone(UTC)
            if nominal > now:
                return
            # Where the clocks jump, it has two times of day for one instant.
            if nominal > mark:
                mark = nominal
                yield Occurrence(nominal, nominal)

    def _walk(self, mark: datetime, now: datetime) -> list[Occurrence] | None:
        found: list[Occurrence] = []
        for _ in range(_STEPS):
            following = self.next(found[-1].dispatch if found else mark)
            if following is None or following.dispatch > now:
                return found
            found.append(following)
        return None

    def count(self, mark: datetime, now: datetime) -> int:
        """Return how many occurrences lie in (mark, now].

        Of more than a thousand, those of the sun are not all counted: only those that `newest` finds.
        """
        if self._is_interval:
            return self._number(mark, now)
        if isinstance(self.schedule, rrule):
            return sum(1 for _ in self._of_rule(mark, now))
        found = self._walk(mark, now)
        if found is None and isinstance(self.schedule, crontab):
            return count_of_crontab(self.schedule, mark, now)
        return len(self.newest(mark, now, _STEPS) if found is None else found)

    def previous(self, nominal: datetime) -> datetime | None:
        """Celery's schedules cannot be asked backwards."""
        return None

    @property
    def _is_interval(self) -> bool:
        return type(self.schedule) is schedule and not self.schedule.relative

    def _number(self, mark: datetime, now: datetime) -> int:
        interval: timedelta = self.schedule.run_every
        return max(0, (now - mark) // interval) if interval > timedelta(0) else 0

    def _newest_of_interval(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        interval, total = self.schedule.run_every, self._number(mark, now)
        return [
            Occurrence(mark + number * interval, mark + number * interval)
            for number in range(max(1, total - limit + 1), total + 1)
        ]
