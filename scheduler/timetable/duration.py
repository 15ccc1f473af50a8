"""Durations as people write them: `90s`, `15m`, `2h`, `7d`, `1h30m`."""

import re
from datetime import timedelta

from scheduler.timetable.errors import ScheduleError

_FORM = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
LONGEST = timedelta(days=36_525)

EXPECTED = 'a duration such as "90s", "15m", "2h", "7d" or "1h30m"'


def parse_duration(text: str) -> timedelta:
    """Read `1d2h3m4s`: units from large to small, each at most once, at least one.

    Raises ScheduleError for anything else, for zero, and for more than a hundred years.
    """
    match = _FORM.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ScheduleError(f'"{text}" is not a duration', EXPECTED)
    # The digits are bounded before they are added up: timedelta overflows with an error of its own.
    if any(part is not None and len(part) > 10 for part in match.groups()):
        raise ScheduleError(f'"{text}" is longer than a hundred years', EXPECTED)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = seconds + 60 * (minutes + 60 * (hours + 24 * days))
    if total == 0:
        raise ScheduleError(f'"{text}" is no time at all', "a duration of at least one second")
    if total > LONGEST.total_seconds():
        raise ScheduleError(f'"{text}" is longer than a hundred years', EXPECTED)
    return timedelta(seconds=total)


def format_duration(duration: timedelta) -> str:
    """Write a duration of whole seconds in the form that `parse_duration` reads; zero is `0s`."""
    seconds = int(duration.total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
