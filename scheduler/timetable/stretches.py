"""A zone's time as the stretches between its clock changes, as a job with a given DST rule sees them.

All seconds are counted from 1970-01-01T00:00Z; wall seconds are UTC seconds plus the offset.
"""

from bisect import bisect_left
from functools import cache
from typing import NamedTuple

from scheduler.timetable.changes import (
    LAST_YEAR,
    ClockChange,
    clock_changes,
    has_rule,
    last_listed_year,
    start_of,
    year_of,
)
from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.zones import zone_file

FAR_PAST = -(1 << 60)
FAR_FUTURE = 1 << 60

# Debian's cron takes a jump of three hours or more for a correction of the clock, and makes up for nothing.
# Backwards it compares with the minute before the change, so that three hours exactly still count as one.
_MADE_UP_BELOW = 3 * 3600
_REPEATED_UP_TO = 3 * 3600

_WIDEST = 2 * 86_400  # no offset is as wide

_FIRST_REACH = 2040
_YEARS_AT_ONCE = 16


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
        self.table = self._build(max(_FIRST_REACH, last_listed_year(timezone) + 1))

    def reaching(self, instant: int) -> Table:
        """Return a table that holds this instant and some years after it."""
        table = self.table
        if instant >= table.stretches[-1].ends:
            # Threads that meet here build the same; what one returns never depends on another.
            self.table = table = self._build(min(year_of(instant) + _YEARS_AT_ONCE, LAST_YEAR))
        return table

    def _build(self, until_year: int) -> Table:
        # One year more, since a change takes repeated times out of the stretch before it.
        changes = list(clock_changes(self._timezone, min(until_year + 1, LAST_YEAR)))
        begins = [FAR_PAST, *(change.at for change in changes)]
        ends = [*begins[1:], FAR_FUTURE]
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
        return self._known(begins, stretches, until_year)

    def _known(self, begins: list[int], stretches: list[Stretch], until_year: int) -> Table:
        """Cut the table where what comes after has not been worked out."""
        if has_rule(self._timezone) and until_year < LAST_YEAR:
            horizon = start_of(until_year)
            count = bisect_left(begins, horizon)
            begins, stretches = begins[:count], stretches[:count]
            stretches[-1] = stretches[-1]._replace(ends=min(stretches[-1].ends, horizon))
        return Table(tuple(begins), tuple(stretches))


@cache
def stretches(timezone: str, dst: Dst | None) -> Stretches:
    return Stretches(timezone, dst)


def instants_of_wall(timezone: str, dst: Dst, wall: int) -> list[int]:
    """Return when the wall shows this time, as the rule has it: none, one or two instants, in order."""
    table = stretches(timezone, dst).reaching(wall + _WIDEST)
    found = []
    for starts, ends, offset, missed in table.stretches:
        if missed is not None and missed.wall_from <= wall < missed.wall_until:
            found.append(wall - missed.offset if missed.shifts else missed.at)
        if starts <= wall - offset < ends:
            found.append(wall - offset)
    return found


def _missed(change: ClockChange, gap: Gap) -> Missed | None:
    length = change.after - change.before
    if gap is Gap.SKIP or length >= _MADE_UP_BELOW:
        return None
    wall_from, wall_until = change.at + change.before, change.at + change.after
    shifts = gap is Gap.SHIFT
    return Missed(wall_from, wall_until, change.before, shifts, change.at, change.at + (length if shifts else 1))


def _repeated(last: Stretch, change: ClockChange, end: int, fold: Fold) -> tuple[Stretch, Stretch]:
    """Take the repeated wall times out of the stretch before the change, or out of the one after it."""
    length = change.before - change.after
    following = Stretch(change.at, end, change.after, None)
    if fold is Fold.BOTH or length > _REPEATED_UP_TO:
        return last, following
    if fold is Fold.SECOND:
        return last._replace(ends=max(last.starts, change.at - length)), following
    return last, following._replace(starts=min(end, change.at + length))
