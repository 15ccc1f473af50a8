"""The rule at the end of a time zone file (POSIX TZ), which holds after the last change that it lists."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_OFFSET = r"[+-]?\d+(?::\d+){0,2}"
_RULE = re.compile(rf"{_NAME}({_OFFSET})(?:{_NAME}({_OFFSET})?,([^,]+),([^,]+))?", re.ASCII)
_DAY = re.compile(rf"(?:M(\d+)\.(\d)\.(\d)|(J?)(\d+))(?:/({_OFFSET}))?", re.ASCII)

_UNIX_EPOCH = date(1970, 1, 1).toordinal()
_DEFAULT_TIME = "2"  # POSIX: 02:00 where the rule names no time


class PosixRule(NamedTuple):
    """Offsets in seconds east of UTC; the two functions give wall seconds since 1970 for a year."""

    standard: int
    daylight: int
    to_daylight: Callable[[int], int] | None
    to_standard: Callable[[int], int] | None

    def changes(self, year: int) -> Iterator[tuple[int, int]]:
        """Yield the (UTC seconds, offset from then on) of that wall-clock year, not in order."""
        if self.to_daylight is not None and self.to_standard is not None:
            yield self.to_daylight(year) - self.standard, self.daylight
            yield self.to_standard(year) - self.daylight, self.standard


def parse_rule(text: str) -> PosixRule:
    """Read `CET-1CEST,M3.5.0,M10.5.0/3` and its like; ValueError for what is none."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a POSIX time zone rule: {text!r}")
    standard, daylight, start, end = match.groups()
    east = -_seconds(standard)
    if start is None:
        return PosixRule(east, east, None, None)
    return PosixRule(east, east + 3600 if daylight is None else -_seconds(daylight), _wall(start), _wall(end))


def _seconds(text: str) -> int:
    """Read `[+-]h[:m[:s]]`."""
    hours, minutes, seconds = (*map(int, text.lstrip("+-").split(":")), 0, 0)[:3]
    total = 3600 * hours + 60 * minutes + seconds
    return -total if text.startswith("-") else total


def _wall(text: str) -> Callable[[int], int]:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"not a POSIX time zone date: {text!r}")
    month, week, weekday, julian, number, time = match.groups()
    of_day = _seconds(time or _DEFAULT_TIME)
    if month is not None:
        return lambda year: 86_400 * _nth_weekday(year, int(month), int(week), int(weekday)) + of_day
    return lambda year: 86_400 * _day_of_year(year, int(number), bool(julian)) + of_day


def _nth_weekday(year: int, month: int, week: int, weekday: int) -> int:
    """Days since 1970 of the week-th weekday (0 is Sunday) of the month; week 5 is the last one."""
    first = date(year, month, 1).toordinal()
    day = first + (weekday - first) % 7 + 7 * (week - 1)
    following = date(year + month // 12, month % 12 + 1, 1).toordinal()
    return (day if day < following else day - 7) - _UNIX_EPOCH


def _day_of_year(year: int, number: int, julian: bool) -> int:
    """Days since 1970; Julian days count from 1 and never count 29 February, the others count from 0."""
    first = date(year, 1, 1).toordinal() - _UNIX_EPOCH
    if not julian:
        return first + number
    leap_day_passed = number >= 60 and date(year, 3, 1).toordinal() - date(year, 2, 28).toordinal() == 2
    return first + number - 1 + leap_day_passed
