"""A zone's time as the stretches between its clock changes, as a job with a given DST rule sees them.

All seconds are counted from 1970-01-01T00:00Z; wall seconds are UTC seconds plus the offset.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.zones import zone_file

FAR_PAST = -(1 << 60)
FAR_FUTURE = 1 << 60

# Debian's cron takes a jump of three hours or more for a correction of the clock, and makes up for nothing.
# Backwards it compares with the minute before the change, so that three hours exactly still count as one.
_MADE_UP_BELOW = 3 * 3600
_REPEATED_UP_TO = 3 * 3600

_YEARS_AT_ONCE = 16
_LAST_YEAR = 9999


class Missed(NamedTuple):
    """The wall seconds [wall_from, wall_until) that no clock showed, for a job that makes up for them."""

    wall_from: int
    wall_until: int
    offset: int
    """The offset before the change: a missed time keeps it where the rule is `shift`."""
    shifts: bool
    at: int
    """The instant of the change, at which a job runs once where the rule is `run-after`."""
    ends: int
    """The instant from which on nothing of this can be due."""


class Stretch(NamedTuple):
    """The instants [starts, ends) in which the wall shows UTC + offset, as far as the job runs in them."""

    starts: int
    ends: int
    offset: int
    missed: Missed | None
    """What the clock skipped right before this stretch."""


class Table(NamedTuple):
    """The stretches in order, and the instants of the changes that begin them (the first is `FAR_PAST`)."""

    begins: tuple[int, ...]
    stretches: tuple[Stretch, ...]


class Stretches:
    """Grows as far into the future as it is asked for, since most zones change their clocks for ever."""

    def __init__(self, timezone: str, dst: Dst | None) -> None:
        """`dst` is None for a job that follows the clock."""
        self._timezone = timezone
        self._dst = dst
        self._until_year = 2040
        self.table = self._build()

    def grow(self, instant: int) -> bool:
        """Reach past this instant; False if the table already does, or no change is left to come."""
        year = min(_year(instant) + _YEARS_AT_ONCE, _LAST_YEAR)
        if year <= self._until_year or self.table.stretches[-1].ends == FAR_FUTURE:
            return False
        self._until_year = year
        self.table = self._build()
        return True

    def _build(self) -> Table:
        changes = list(clock_changes(self._timezone, self._until_year))
        rule = zone_file(self._timezone).rule
        is_whole = rule is None or rule.to_daylight is None or self._until_year >= _LAST_YEAR
        horizon = FAR_FUTURE if is_whole else _start_of(self._until_year)
        begins = [FAR_PAST, *(change.at for change in changes)]
        ends = [*begins[1:], horizon]
        first = changes[0].before if changes else zone_file(self._timezone).first_offset
        stretches = [Stretch(FAR_PAST, ends[0], first, None)]
        for change, end in zip(changes, ends[1:], strict=True):
            if self._dst is None:
                stretches.append(Stretch(change.at, end, change.after, None))
            elif change.after > change.before:
                stretches.append(Stretch(change.at, end, change.after, _missed(change, self._dst.gap)))
            else:
                stretches[-1], following = _repeated(stretches[-1], change, end, self._dst.fold)
                stretches.append(following)
        return Table(tuple(begins), tuple(stretches))


@cache
def stretches(timezone: str, dst: Dst | None) -> Stretches:
    return Stretches(timezone, dst)


class ClockChange(NamedTuple):
    """At this instant (seconds since 1970 UTC) the zone's offset in seconds east of UTC becomes another."""

    at: int
    before: int
    after: int


def clock_changes(timezone: str, until_year: int) -> Iterator[ClockChange]:
    """Yield every change of the zone's offset before that year begins in UTC, in order."""
    file = zone_file(timezone)
    offset = file.first_offset
    horizon = _start_of(until_year)
    for at, after in (*file.changes, *_by_rule(timezone, until_year)):
        if at >= horizon:
            return
        # A file also lists changes of the abbreviation or the DST flag alone.
        if after != offset:
            yield ClockChange(at, offset, after)
        offset = after


def _by_rule(timezone: str, until_year: int) -> list[tuple[int, int]]:
    """The changes after the last one that the file lists."""
    file = zone_file(timezone)
    if file.rule is None:
        return []
    since = file.changes[-1][0] if file.changes else FAR_PAST
    years = range(_year(since) if file.changes else 1900, min(until_year, _LAST_YEAR - 1) + 1)
    return sorted(change for year in years for change in file.rule.changes(year) if change[0] > since)


def _missed(change: ClockChange, gap: Gap) -> Missed | None:
    length = change.after - change.before
    if gap is Gap.SKIP or length >= _MADE_UP_BELOW:
        return None
    wall_from, wall_until = change.at + change.before, change.at + change.after
    shifts = gap is Gap.SHIFT
    return Missed(
        wall_from, wall_until, change.before, shifts, change.at, change.at + (length if shifts else 1)
    )


def _repeated(last: Stretch, change: ClockChange, end: int, fold: Fold) -> tuple[Stretch, Stretch]:
    """Take the repeated wall times out of the stretch before the change, or out of the one after it."""
    length = change.before - change.after
    following = Stretch(change.at, end, change.after, None)
    if fold is Fold.BOTH or length > _REPEATED_UP_TO:
        return last, following
    if fold is Fold.SECOND:
        return last._replace(ends=max(last.starts, change.at - length)), following
    return last, following._replace(starts=min(end, change.at + length))


def _year(instant: int) -> int:
    return date.fromordinal(max(1, min(instant // 86_400 + 719_163, date.max.toordinal()))).year


def _start_of(year: int) -> int:
    return (date(year, 1, 1).toordinal() - 719_163) * 86_400
