"""The wall-clock minutes that a cron expression names. Pure calendar: no zone, no clock change.

Wall seconds are counted from 1970-01-01T00:00 on the wall as if every day had 24 hours.
"""

from typing import NamedTuple

from scheduler.timetable.days import Days

_EARLIEST = -719_000 * 1440  # in the year 2
_LATEST = 2_931_800 * 1440  # in the year 9996


class Pattern(NamedTuple):
    """`times` holds bit 60 * h + m for each time of day; `days` is None where every day suits."""

    times: int
    days: Days | None
    follows_clock: bool
    """Whether the minute or hour field starts with `*` (what Debian calls a wildcard job)."""

    def takes_every_day_of_its_months(self) -> bool:
        return self.days is None or self.days.fields.is_every_day_of_its_months()

    def first(self, wall: int) -> int | None:
        """Return the first matching wall second at or after this one."""
        minute = max(-(-wall // 60), _EARLIEST)
        if minute > _LATEST:
            return None
        day, of_day = divmod(minute, 1440)
        found = day if self.days is None else self.days.first(day)
        if found == day:
            rest = self.times >> of_day
            if rest:
                return (minute + (rest & -rest).bit_length() - 1) * 60
            found = day + 1 if self.days is None else self.days.first(day + 1)
        return None if found is None else (found * 1440 + (self.times & -self.times).bit_length() - 1) * 60

    def last(self, wall: int) -> int | None:
        """Return the last matching wall second at or before this one."""
        minute = min(wall // 60, _LATEST)
        if minute < _EARLIEST:
            return None
        day, of_day = divmod(minute, 1440)
        found = day if self.days is None else self.days.last(day)
        if found == day:
            earlier = self.times & ((2 << of_day) - 1)
            if earlier:
                return (day * 1440 + earlier.bit_length() - 1) * 60
            found = day - 1 if self.days is None else self.days.last(day - 1)
        return None if found is None else (found * 1440 + self.times.bit_length() - 1) * 60

    def number(self, wall_from: int, wall_until: int) -> int:
        """Return how many matching wall seconds lie in [wall_from, wall_until)."""
        first = min(max(-(-wall_from // 60), _EARLIEST), _LATEST)
        last = min(max(-(-wall_until // 60), _EARLIEST), _LATEST)
        if first >= last:
            return 0
        return self._count_before(last, first // 1440) - self._count_before(first, first // 1440)

    def _count_before(self, minute: int, since_day: int) -> int:
        """Return how many minutes match from the start of that day on, and before this minute."""
        day, of_day = divmod(minute, 1440)
        days = day - since_day if self.days is None else self.days.count(since_day, day)
        begun = self.times & ((1 << of_day) - 1)
        if begun and self.days is not None and self.days.first(day) != day:
            begun = 0
        return days * self.times.bit_count() + begun.bit_count()

    def smallest_distance(self) -> int | None:
        """Return the least number of minutes between two matching times; None where no second one is found."""
        least = self._smallest_within_a_day()
        days = 1 if self.days is None else self.days.smallest_distance()
        if days is None:
            return least
        first, last = (self.times & -self.times).bit_length() - 1, self.times.bit_length() - 1
        overnight = days * 1440 + first - last
        return overnight if least is None else min(least, overnight)

    def _smallest_within_a_day(self) -> int | None:
        least: int | None = None
        rest = self.times
        while rest & (rest - 1) and least != 1:
            lowest = (rest & -rest).bit_length()
            rest &= rest - 1
            distance = (rest & -rest).bit_length() - lowest
            least = distance if least is None else min(least, distance)
        return least
