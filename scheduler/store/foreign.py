"""Schedules of Celery's own kinds (crontab, interval, rrule, solar), asked through the questions of `policy.When`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from celery.schedules import schedule

from scheduler.timetable import Occurrence

_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class ForeignTimetable:
    """An entry that an application saved with RedBeat's own API. Its nominal and dispatch times are the same."""

    schedule: Any

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the occurrence after `mark`, which is the entry's `last_run_at`."""
        # remaining_estimate() answers relative to the schedule's present: with the present at the mark, mark plus
        # answer is the nominal time itself, whatever the time is now.
        self.schedule.nowfun = lambda: mark
        remaining = self.schedule.remaining_estimate(mark)
        if remaining is None:
            return None
        nominal = (mark + remaining).astimezone(UTC)
        return Occurrence(nominal, nominal) if nominal > mark else None

    def last(self, mark: datetime, now: datetime) -> Occurrence | None:
        """Return the newest occurrence in (mark, now].

        Past a thousand missed ones the newest that was reached stands for them: one run is made up, never more.
        """
        if type(self.schedule) is schedule:
            return self._last_of_interval(mark, now, self.schedule)
        found = None
        for _ in range(_STEPS):
            following = self.next(mark if found is None else found.dispatch)
            if following is None or following.dispatch > now:
                return found
            found = following
        return Occurrence(found.nominal, now) if found else None

    def _last_of_interval(self, mark: datetime, now: datetime, every: schedule) -> Occurrence | None:
        interval: timedelta = every.run_every
        if interval <= timedelta(0) or mark + interval > now:
            return None
        nominal = mark + ((now - mark) // interval) * interval
        return Occurrence(nominal, nominal)
