"""Joins a pattern of wall times with a zone's stretches: the instants at which a job is due."""

from bisect import bisect_right

from scheduler.timetable.pattern import Pattern
from scheduler.timetable.stretches import Missed, Stretches

# No two offsets lie further apart, so a wall time this far away cannot come round again.
_FAR = 3 * 86_400


class Course:
    """Instants are seconds since 1970-01-01T00:00Z."""

    __slots__ = ("_pattern", "_stretches")

    def __init__(self, pattern: Pattern, stretches: Stretches) -> None:
        self._pattern = pattern
        self._stretches = stretches

    def after(self, instant: int) -> int | None:
        """Return the first one strictly after the instant; None if there is none before the year 9996."""
        begins, stretches = self._stretches.table
        index = bisect_right(begins, instant) - 1
        begin = instant + 1
        while True:
            starts, ends, offset, missed = stretches[index]
            begin = max(begin, starts)
            wall = self._pattern.first(begin + offset)
            if wall is None:
                return None
            found = wall - offset
            if missed is not None and begin < missed.ends:
                found = self._earlier(missed, begin, found)
            if found < ends:
                return found
            if index + 1 == len(begins):
                begins, stretches = self._stretches.reaching(found)
                index = bisect_right(begins, begin) - 1
                continue
            index += 1
            # Nothing lies on the wall between `begin` and `found`: stretches well inside need no look.
            last = len(begins) - 1
            while index < last and begin + _FAR < begins[index] and begins[index + 1] < found - _FAR:
                index += 1

    def before(self, instant: int) -> int | None:
        """Return the last one strictly before the instant; None if there is none after the year 2."""
        begins, stretches = self._stretches.reaching(instant)
        index = bisect_right(begins, instant - 1) - 1
        end = instant
        while True:
            starts, ends, offset, missed = stretches[index]
            end = min(end, ends)
            wall = self._pattern.last(end - 1 + offset)
            if wall is None:
                return None
            found = wall - offset
            if missed is not None:
                found = self._later(missed, instant, found)
            if found >= starts:
                return found
            index -= 1
            while index > 0 and found + _FAR < begins[index] and begins[index + 1] < end - _FAR:
                index -= 1

    def count(self, after: int, until: int) -> int:
        """Return how many there are in (after, until]."""
        begins, stretches = self._stretches.reaching(until)
        total = 0
        for starts, ends, offset, missed in stretches[max(0, bisect_right(begins, after) - 1) :]:
            if starts > until:
                break
            begin, end = max(starts, after + 1), min(ends, until + 1)
            if missed is not None and begin < missed.ends:
                # What the clock skipped mixes with what it shows: few enough to go through.
                mixed_until = min(missed.ends, end)
                total += self._walk(begin, mixed_until)
                begin = mixed_until
            if begin < end:
                total += self._pattern.number(begin + offset, end + offset)
        return total

    def _walk(self, begin: int, end: int) -> int:
        total, found = 0, self.after(begin - 1)
        while found is not None and found < end:
            total, found = total + 1, self.after(found)
        return total

    def _earlier(self, missed: Missed, begin: int, found: int) -> int:
        """Return the first missed time that is due at or after `begin`, if that is before `found`."""
        if missed.shifts:
            wall = self._pattern.first(max(begin + missed.offset, missed.wall_from))
            due = None if wall is None else wall - missed.offset
        else:
            wall = self._pattern.first(missed.wall_from)
            due = missed.at
        return found if wall is None or due is None or wall >= missed.wall_until else min(due, found)

    def _later(self, missed: Missed, end: int, found: int) -> int:
        """Return the last missed time that is due before `end`, if that is after `found`."""
        if found >= missed.ends or end <= missed.at:
            return found
        until = min(end + missed.offset, missed.wall_until) if missed.shifts else missed.wall_until
        wall = self._pattern.last(until - 1)
        if wall is None or wall < missed.wall_from:
            return found
        return max(wall - missed.offset if missed.shifts else missed.at, found)
