"""Occurrences put on other days, or at the beginning of a window, in the order in which they then come."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from scheduler.timetable.calendar import DayRule
from scheduler.timetable.day_times import count_together
from scheduler.timetable.local_day import at_local, local_day, local_time, start_of_day
from scheduler.timetable.schedule import INSTANT, Schedule
from scheduler.timetable.spread import Window

_DAY = timedelta(days=1)
_DAYS_KEPT = 8
# No run is moved further: past that it is not the same run later, but another one. Holidays never last as long.
FARTHEST_MOVE = timedelta(days=31)


class Pair(NamedTuple):
    """A nominal instant and where it was put, its base."""

    nominal: datetime
    base: datetime


_base_of = attrgetter("base")


class Placed:
    """Goes through local days: all bases of a day come from the nominals of that day and of those next to it that move.

    Of several that fall on one base, the latest nominal stands for all.
    """

    def __init__(self, schedule: Schedule, rule: DayRule, window: Window | None) -> None:
        self._schedule = schedule
        self._rule = rule
        self._window = window
        self._timezone = schedule.timezone
        self._days: dict[date, list[Pair]] = {}
        self._known_sources: dict[date, tuple[date, date]] = {}

    def after(self, instant: datetime) -> Pair | None:
        """Return the first pair whose base is strictly after the instant."""
        # A clock change can push a base past the end of its day.
        day = self._rule.following(local_day(instant, self._timezone) - _DAY)
        while day is not None:
            pairs = self._pairs(day)
            number = bisect_right(pairs, instant, key=_base_of)
            if number < len(pairs):
                return pairs[number]
            day = self._day_after(day)
        return None

    def before(self, instant: datetime) -> Pair | None:
        """Return the last pair whose base is strictly before the instant."""
        day = self._rule.preceding(local_day(instant, self._timezone))
        while day is not None:
            pairs = self._pairs(day)
            number = bisect_left(pairs, instant, key=_base_of)
            if number:
                return pairs[number - 1]
            day = self._day_before(day)
        return None

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many bases lie in (after, until], without going through those of whole days one by one."""
        total, last = 0, local_day(until, self._timezone)
        # A clock change can push a base past the end of its day.
        whole_after, whole_until = local_day(after, self._timezone), last - _DAY
        day = self._rule.following(whole_after - _DAY)
        while day is not None and day <= last:
            if whole_after < day < whole_until:
                total += self._number(day)
            else:
                pairs = self._pairs(day)
                total += bisect_right(pairs, until, key=_base_of) - bisect_right(pairs, after, key=_base_of)
            day = self._day_after(day)
        return total

    def of(self, nominal: datetime) -> Pair | None:
        """Return the pair that this nominal became part of; None if it is no occurrence."""
        day = self.target(local_day(nominal, self._timezone))
        if day is None:
            return None
        base = self._base(nominal, day)
        return next((pair for pair in self._pairs(day) if pair.base == base), None)

    def target(self, day: date) -> date | None:
        """Return the day on which an occurrence of this day runs; None where it is left out."""
        target = self._rule.target(day)
        return None if target is None or abs(target - day) > FARTHEST_MOVE else target

    def _day_after(self, day: date) -> date | None:
        """Return the next day that has any."""
        nominal = self._schedule.after(start_of_day(self._sources(day)[1] + _DAY, self._timezone) - INSTANT)
        while nominal is not None:
            source = local_day(nominal, self._timezone)
            target = self.target(source)
            if target is not None and target > day:
                return target
            following = self._rule.following(source + _DAY)
            if following is None:
                return None
            earliest = max(source + _DAY, self._sources(following)[0])
            nominal = self._schedule.after(start_of_day(earliest, self._timezone) - INSTANT)
        return None

    def _day_before(self, day: date) -> date | None:
        """Return the day before that has any."""
        nominal = self._schedule.before(start_of_day(self._sources(day)[0], self._timezone))
        while nominal is not None:
            source = local_day(nominal, self._timezone)
            target = self.target(source)
            if target is not None and target < day:
                return target
            preceding = self._rule.preceding(source - _DAY)
            if preceding is None:
                return None
            latest = min(source - _DAY, self._sources(preceding)[1])
            nominal = self._schedule.before(start_of_day(latest + _DAY, self._timezone))
        return None

    def _sources(self, day: date) -> tuple[date, date]:
        """Return the first and the last day whose occurrences run on this one."""
        sources = self._known_sources.get(day)
        if sources is None:
            if len(self._known_sources) >= _DAYS_KEPT:
                self._known_sources.clear()
            sources = self._known_sources[day] = self._reach(day, -_DAY), self._reach(day, _DAY)
        return sources

    def _reach(self, day: date, step: timedelta) -> date:
        beside = (day + count * step for count in range(1, FARTHEST_MOVE.days + 1))
        return day + step * sum(1 for _ in takewhile(lambda other: self.target(other) == day, beside))

    def _pairs(self, day: date) -> list[Pair]:
        pairs = self._days.get(day)
        if pairs is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            pairs = self._days[day] = self._merged(self._put(day))
        return pairs

    def _number(self, day: date) -> int:
        """Return how many bases a day has."""
        first, last = self._sources(day)
        if self._window is None and first == last:
            return self._schedule.count(*_around(first, last, self._timezone))
        days = (first + number * _DAY for number in range((last - first).days + 1))
        number = None if self._window is not None else count_together(self._schedule, days)
        return len(self._pairs(day)) if number is None else number

    def _put(self, day: date) -> Iterator[Pair]:
        first, last = self._sources(day)
        for nominal in self._schedule.between(*_around(first, last, self._timezone)):
            yield Pair(nominal, self._base(nominal, day))

    def _base(self, nominal: datetime, day: date) -> datetime:
        if self._window is not None:
            return at_local(day, self._window.starts, self._timezone)
        if local_day(nominal, self._timezone) == day:
            return nominal
        return at_local(day, self._time(nominal), self._timezone)

    def _time(self, nominal: datetime) -> time:
        return local_time(nominal, self._timezone)

    @staticmethod
    def _merged(pairs: Iterable[Pair]) -> list[Pair]:
        by_base: dict[datetime, Pair] = {}
        for pair in pairs:
            known = by_base.get(pair.base)
            by_base[pair.base] = pair if known is None else max(pair, known)
        return [by_base[base] for base in sorted(by_base)]


def _around(first: date, last: date, timezone: str) -> tuple[datetime, datetime]:
    """Return the bounds, of which the second belongs to them, of the days from the first to the last."""
    return start_of_day(first, timezone) - INSTANT, start_of_day(last + _DAY, timezone) - INSTANT
