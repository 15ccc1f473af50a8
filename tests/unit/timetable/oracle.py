"""When a job is due, worked out another way: cronsim on naive wall times, each placed by what zoneinfo shows."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

from scheduler.timetable import Cron, Fold, Gap, zone

MARGIN = timedelta(hours=40)  # the widest jump of any clock is a day, and offsets reach 14 hours
CORRECTION = timedelta(hours=3)


def expected(cron: Cron, after: datetime, until: datetime) -> list[datetime]:
    """The occurrences in (after, until]."""
    place = zone(cron.timezone)
    fields = cron.expression.split()
    follows_clock = fields[0].startswith("*") or fields[1].startswith("*")
    low, high = (instant.replace(tzinfo=None) for instant in (after - MARGIN, until + MARGIN))
    instants = set()
    for wall in walls(cron.expression, low, high):
        instants.update(placed(wall, place, cron, follows_clock))
    return sorted(instant for instant in instants if after < instant <= until)


@cache
def walls(expression: str, low: datetime, high: datetime) -> tuple[datetime, ...]:
    return tuple(takewhile(lambda wall: wall <= high, CronSim(expression, low)))


def placed(wall: datetime, place: ZoneInfo, cron: Cron, follows_clock: bool) -> list[datetime]:
    before, after = (offset_at(wall.replace(tzinfo=UTC) + days, place) for days in (-MARGIN, MARGIN))
    # Not by asking for the offset of the wall time: zoneinfo has 23:30 of 2023-10-28 in Nuuk in two offsets.
    early, late = sorted((wall - offset).replace(tzinfo=UTC) for offset in (before, after))
    shown = [instant for instant in (early, late) if offset_at(instant, place) == wall - instant.replace(tzinfo=None)]
    if early == late:
        return [early]
    if len(shown) == 2:
        either = follows_clock or before - after > CORRECTION or cron.dst.fold is Fold.BOTH
        return shown if either else [early if cron.dst.fold is Fold.FIRST else late]
    if shown or follows_clock or after - before >= CORRECTION or cron.dst.gap is Gap.SKIP:
        return shown
    return [late if cron.dst.gap is Gap.SHIFT else change_between(early, late, place)]


def offset_at(instant: datetime, place: ZoneInfo) -> timedelta:
    offset = instant.astimezone(place).utcoffset()
    assert offset is not None
    return offset


def change_between(low: datetime, high: datetime, place: ZoneInfo) -> datetime:
    """The instant of the one change of offset in (low, high]."""
    offset = offset_at(high, place)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
        if offset_at(middle, place) == offset:
            high = middle
        else:
            low = middle
    return high


def backward(cron: Cron, after: datetime, until: datetime) -> list[datetime]:
    """The occurrences in (after, until] as `before` finds them."""
    found = []
    occurrence = cron.before(until + timedelta(microseconds=1))
    while occurrence is not None and occurrence > after:
        found.append(occurrence)
        occurrence = cron.before(occurrence)
    return found[::-1]
