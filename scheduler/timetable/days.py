"""Which calendar days a cron expression names. Days are numbers since 1970-01-01; there are no zones here."""

from calendar import monthrange
from datetime import date
from typing import NamedTuple

_UNIX_EPOCH = date(1970, 1, 1).toordinal()
# In these 28 years every month begins on every weekday, leap or not.
_CYCLE_BEGINS = date(2001, 1, 1).toordinal() - _UNIX_EPOCH
_CYCLE_ENDS = date(2029, 1, 1).toordinal() - _UNIX_EPOCH
_LAST_YEAR = 9998  # a year of room, so that no zone's offset can leave what datetime holds

MONTH_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ALL_DAYS = 0xFFFFFFFE
_ALL_MONTHS = 0x1FFE
_ALL_WEEKDAYS = 0x7F


class DayFields(NamedTuple):
    """The day fields of an expression. Masks hold bit n for value n; Sunday is 0."""

    days: int
    months: int
    weekdays: int
    last_day: bool = False
    last_weekday: bool = False
    nth: frozenset[tuple[int, int]] = frozenset()
    """(day of week, n): the n-th of its month; -1 is the last."""
    both: bool = True
    """Whether a day must suit the day-of-month and the day-of-week (else either will do)."""

    def month_mask(self, first: int, length: int) -> int:
        """Return bit n-1 for each day n that suits, in a month of that length that begins on `first`."""
        by_date = self._by_date(first, length)
        by_weekday = self._by_weekday(first, length)
        return by_date & by_weekday if self.both else by_date | by_weekday

    def _by_date(self, first: int, length: int) -> int:
        mask = self.days
        if self.last_day:
            mask |= 1 << length
        if self.last_weekday:
            ends_on = (first + length - 1) % 7
            mask |= 1 << (length - {6: 1, 0: 2}.get(ends_on, 0))
        return (mask >> 1) & ((1 << length) - 1)

    def _by_weekday(self, first: int, length: int) -> int:
        mask = 0
        for index in range(length):
            weekday = (first + index) % 7
            if (
                self.weekdays >> weekday & 1
                or (weekday, index // 7 + 1) in self.nth
                or (index + 7 >= length and (weekday, -1) in self.nth)
            ):
                mask |= 1 << index
        return mask

    def is_every_day(self) -> bool:
        return self.months == _ALL_MONTHS and self.is_every_day_of_its_months()

    def is_every_day_of_its_months(self) -> bool:
        every_date = self.days == _ALL_DAYS
        every_weekday = self.weekdays == _ALL_WEEKDAYS
        return every_date and every_weekday if self.both else every_date or every_weekday

    def can_match(self) -> bool:
        """Whether any day ever suits. Every month begins on each weekday in some year, leap or not."""
        return any(
            self.month_mask(first, length)
            for month in range(1, 13)
            if self.months >> month & 1
            for length in {MONTH_LENGTHS[month], 29 if month == 2 else MONTH_LENGTHS[month]}
            for first in range(7)
        )


class Days:
    """Finds the days that suit, in both directions."""

    __slots__ = ("_masks", "_smallest", "fields")

    def __init__(self, fields: DayFields) -> None:
        self.fields = fields
        self._masks: dict[int, int] = {}  # by length and first weekday of a month: at most 28
        self._smallest: tuple[int | None] | None = None  # what was found, once it was looked for

    def first(self, day: int) -> int | None:
        """Return the first day that suits, this one included; None if there is none before the year 9999."""
        given = date.fromordinal(day + _UNIX_EPOCH)
        year, month = given.year, given.month
        rest = self._mask(year, month, day - given.day + 1) >> (given.day - 1)
        if rest:
            return day + (rest & -rest).bit_length() - 1
        while True:
            year, month = self._following(year, month)
            if year > _LAST_YEAR:
                return None
            start = date(year, month, 1).toordinal() - _UNIX_EPOCH
            mask = self._mask(year, month, start)
            if mask:
                return start + (mask & -mask).bit_length() - 1

    def last(self, day: int) -> int | None:
        """Return the last day that suits, this one included; None if there is none after the year 1."""
        given = date.fromordinal(day + _UNIX_EPOCH)
        year, month = given.year, given.month
        start = day - given.day + 1
        mask = self._mask(year, month, start) & ((1 << given.day) - 1)
        while not mask:
            year, month = self._preceding(year, month)
            if year < 2:
                return None
            start = date(year, month, 1).toordinal() - _UNIX_EPOCH
            mask = self._mask(year, month, start)
        return start + mask.bit_length() - 1

    def count(self, first: int, end: int) -> int:
        """Return how many days suit from the first up to, and without, the end."""
        total, day = 0, first
        while day < end:
            given = date.fromordinal(day + _UNIX_EPOCH)
            start = day - given.day + 1
            following = start + monthrange(given.year, given.month)[1]
            mask = self._mask(given.year, given.month, start) >> (day - start)
            if end < following:
                mask &= (1 << (end - day)) - 1
            total += mask.bit_count()
            day = following
        return total

    def smallest_distance(self) -> int | None:
        """Return the least number of days between two that suit; None where no second one is found."""
        if self._smallest is None:
            self._smallest = (self._find_smallest_distance(),)
        return self._smallest[0]

    def _find_smallest_distance(self) -> int | None:
        least: int | None = None
        day = self.first(_CYCLE_BEGINS)
        while day is not None and day < _CYCLE_ENDS and least != 1:
            following = self.first(day + 1)
            if following is not None:
                least = following - day if least is None else min(least, following - day)
            day = following
        return least

    def _mask(self, year: int, month: int, start: int) -> int:
        if not self.fields.months >> month & 1:
            return 0
        length = MONTH_LENGTHS[month]
        if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
            length = 29
        first = (start + 4) % 7  # 1970-01-01 was a Thursday
        key = length * 7 + first
        mask = self._masks.get(key)
        if mask is None:
            mask = self._masks[key] = self.fields.month_mask(first, length)
        return mask

    def _following(self, year: int, month: int) -> tuple[int, int]:
        later = self.fields.months >> (month + 1)
        if later:
            return year, month + (later & -later).bit_length()
        months = self.fields.months
        return year + 1, (months & -months).bit_length() - 1

    def _preceding(self, year: int, month: int) -> tuple[int, int]:
        earlier = self.fields.months & ((1 << month) - 1)
        if earlier:
            return year, earlier.bit_length() - 1
        return year - 1, self.fields.months.bit_length() - 1
