"""The next time of Celery's own crontab, in its application's zone, on the nights of the clock changes too."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from celery.utils.time import remaining

_HOURS = 24
# A change of the clocks puts them back by no more than this.
_CHANGE_HOURS = 3
_CHANGE = timedelta(hours=_CHANGE_HOURS)


def next_of_crontab(crontab: Any, mark: datetime) -> datetime | None:
    """Return the first time after `mark`, both aware UTC; None where there is none.

    As in cron, a crontab for each hour follows the clock, so that the hour that is repeated counts twice; one at fixed
    hours runs the first time only, and what is skipped runs right after. Celery leaves out the repeated hour of both.
    """
    return _following_the_clock(crontab, mark) if len(crontab.hour) == _HOURS else _at_fixed_hours(crontab, mark)


def count_of_crontab(crontab: Any, mark: datetime, now: datetime) -> int:
    """Return how many times there are in (mark, now], aware UTC.

    They are counted by days, so that an hour which the clocks repeat or skip counts once.
    """
    zone = crontab.tz
    begin, end = mark.astimezone(zone), now.astimezone(zone)
    days = (begin.date() + timedelta(days=number) for number in range((end.date() - begin.date()).days + 1))
    matching = [day for day in days if _is_day_of(crontab, day)]
    total = len(matching) * len(crontab.hour) * len(crontab.minute)
    if begin.date() in matching:
        total -= _count_until(crontab, begin)
    if end.date() in matching:
        total -= len(crontab.hour) * len(crontab.minute) - _count_until(crontab, end)
    return total


def _is_day_of(crontab: Any, day: date) -> bool:
    weekday = day.isoweekday() % 7
    return day.month in crontab.month_of_year and day.day in crontab.day_of_month and weekday in crontab.day_of_week


def _count_until(crontab: Any, local: datetime) -> int:
    """Return how many times of its day have come, that very one included."""
    hours: int = sum(hour < local.hour for hour in crontab.hour)
    minutes: set[int] = crontab.minute
    this_hour = sum(minute <= local.minute for minute in minutes) if local.hour in crontab.hour else 0
    return hours * len(minutes) + this_hour


def _following_the_clock(crontab: Any, mark: datetime) -> datetime:
    zone = crontab.tz
    offset = _offset(mark, zone)
    found = _next(crontab, mark, timezone(offset))
    if _offset(found, zone) == offset:
        return found
    # The clocks change before it, and show another time from then on.
    offset = _offset(found, zone)
    found = _next(crontab, mark, timezone(offset))
    last = found + _CHANGE
    while _offset(found, zone) != offset and found < last:
        found = _next(crontab, found, timezone(offset))
    return found


def _at_fixed_hours(crontab: Any, mark: datetime) -> datetime | None:
    # Celery takes a mark in the repeated hour for one in the first; from its end on it is not mistaken.
    for hours in range(_CHANGE_HOURS + 1):
        found = _next(crontab, mark + timedelta(hours=hours), crontab.tz)
        if found > mark:
            return found
    return None


def _next(crontab: Any, mark: datetime, zone: Any) -> datetime:
    # Celery answers relative to the present of the crontab: with that at the mark, mark and answer are the time itself.
    crontab.nowfun = lambda: mark
    found: datetime = (mark + remaining(*crontab.remaining_delta(mark, tz=zone))).astimezone(UTC)
    return found


def _offset(when: datetime, zone: Any) -> timedelta:
    return when.astimezone(zone).utcoffset() or timedelta(0)
