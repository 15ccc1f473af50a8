"""Reads a cron expression of five fields, or a nickname, into the pattern of wall times that it names."""

import re
from functools import lru_cache
from typing import NamedTuple

from scheduler.timetable.days import DayFields, Days
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Parsed, needs_seed, parse_field
from scheduler.timetable.pattern import Pattern

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}

EXPECTED = "five fields: minute hour day-of-month month day-of-week"
_FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_LONGEST = 1000  # characters; crontab(5) has the same bound
_BLANKS = re.compile(r"[ \t]+")  # str.split would also take a no-break space
_ENVIRONMENT = re.compile(r"(?:CRON_)?TZ=(\S*)")


class Expression(NamedTuple):
    """`fields` are the five as written, `plain` with `H` replaced by its values."""

    fields: tuple[str, ...]
    plain: tuple[str, ...]
    pattern: Pattern
    both_days: bool
    """Whether a day must suit the day-of-month and the day-of-week (else either will do)."""


def parse_expression(text: str, seed: str) -> Expression:
    """Read an expression; `seed` places the slots of `H`. ScheduleError says what to write instead."""
    return _parse(text, seed if needs_seed(text) else "")


@lru_cache(maxsize=8192)
def _parse(text: str, seed: str) -> Expression:
    fields = _split(text)
    parsed = [parse_field(kind, field, seed) for kind, field in zip(_FIELDS, fields, strict=True)]
    minute, hour, *_ = parsed
    # Debian's cron ANDs the day fields if either begins with a star, "*/2" included, else it ORs them.
    both_days = fields[2].startswith("*") or fields[4].startswith("*")
    follows_clock = fields[0].startswith("*") or fields[1].startswith("*")
    pattern = Pattern(_times(minute.mask, hour.mask), _days(fields, parsed, both_days), follows_clock)
    return Expression(fields, tuple(",".join(one.plain) for one in parsed), pattern, both_days)


def _split(text: str) -> tuple[str, ...]:
    if len(text) > _LONGEST:
        raise ScheduleError(f"the expression has {len(text)} characters", f"at most {_LONGEST}")
    stripped = text.strip(" \t\r\n")
    if stripped.startswith("@"):
        return tuple(_nickname(stripped).split(" "))
    fields = tuple(_BLANKS.split(stripped)) if stripped else ()
    if fields and (environment := _ENVIRONMENT.fullmatch(fields[0])):
        raise ScheduleError(f'"{fields[0]}" stands before the fields', f"timezone: {environment[1]}")
    if len(fields) == 6:
        raise ScheduleError(
            f'"{stripped}" has 6 fields',
            f'{EXPECTED}; to run more often than each minute use "every", as in every: 30s',
        )
    if len(fields) != 5:
        count = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        raise ScheduleError(f'"{stripped}" has {count}' if fields else "the expression is empty", EXPECTED)
    return fields


def _nickname(text: str) -> str:
    known = NICKNAMES.get(text.lower())
    if known is not None:
        return known
    expected = f"five fields or one of {', '.join(NICKNAMES)}"
    if text.lower() == "@reboot":
        expected = "a time to run at; a service has no boot"
    elif text.lower().startswith("@every"):
        expected = f'the key "every", as in every: {text[6:].strip() or "15m"}'
    raise ScheduleError(f'"{text}" is not a nickname', expected)


def _times(minutes: int, hours: int) -> int:
    times = 0
    for hour in range(24):
        if hours >> hour & 1:
            times |= minutes << (60 * hour)
    return times


def _days(fields: tuple[str, ...], parsed: list[Parsed], both: bool) -> Days | None:
    day, month, weekday = parsed[2:]
    rule = DayFields(
        days=day.mask,
        months=month.mask,
        weekdays=(weekday.mask | weekday.mask >> 7) & 0x7F,
        last_day=day.last_day,
        last_weekday=day.last_weekday,
        nth=frozenset(weekday.nth),
        both=both,
    )
    return None if rule.is_every_day() else _checked(rule, fields)


@lru_cache(maxsize=1024)
def _shared(rule: DayFields) -> Days | None:
    return Days(rule) if rule.can_match() else None


def _checked(rule: DayFields, fields: tuple[str, ...]) -> Days:
    days = _shared(rule)
    if days is None:
        day, month, weekday = fields[2:]
        raise ScheduleError(
            f'day-of-month "{day}" never comes in month "{month}"'
            if weekday == "*"
            else f'day-of-month "{day}", month "{month}" and day-of-week "{weekday}" never meet',
            "a day that exists",
        )
    return days
