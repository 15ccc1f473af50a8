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
