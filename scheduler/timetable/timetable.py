"""The whole *when* of a job, as the beat asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from scheduler.timetable.at import At
from scheduler.timetable.bounds import Bounded
from scheduler.timetable.calendar import DayRule
from scheduler.timetable.duration import format_duration
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.filtered import Filtered
from scheduler.timetable.local_day import at_local, local_day, start_of_day
from scheduler.timetable.occurrence import Occurrence, Skip
from scheduler.timetable.placed import Pair, Placed
from scheduler.timetable.schedule import INSTANT, Schedule
from scheduler.timetable.spread import Jitter, Spread, Window, offset

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
# Room on both sides for steps over days and for every zone's offset.
_FIRST = datetime(100, 1, 1, tzinfo=UTC)
_LAST = datetime(9900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Timetable:
    """Yields occurrences in dispatch order. A mark is the dispatch time of the last one that was decided.

    `starts` and `ends` are aware and bound the nominal times, both included; `days` looks at the nominal local date.
    Raises ScheduleError where these do not go together with the schedule.
    """

    schedule: Schedule
    starts: datetime | None = None
    ends: datetime | None = None
    days: DayRule | None = None
    spread: Spread | None = None
    _bounded: Schedule = field(init=False, repr=False, compare=False)
    _nominals: Schedule = field(init=False, repr=False, compare=False)
    _placed: Placed | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        bounded = nominals = self.schedule
        if (self.starts, self.ends, self.days, self.spread) != (None, None, None, None):
            starts, ends = max(self.starts or _FIRST, _FIRST), min(self.ends or _LAST, _LAST)
            bounded = nominals = Bounded(self.schedule, starts, ends)
        moves = self.days is not None and self.days.move is not None
        if self.days is not None and not moves:
            nominals = Filtered(bounded, self.days)
        window = self.spread if isinstance(self.spread, Window) else None
        placed = Placed(nominals, (moves and self.days) or DayRule(), window) if moves or window else None
        object.__setattr__(self, "_bounded", bounded)
        object.__setattr__(self, "_nominals", nominals)
        object.__setattr__(self, "_placed", placed)

    def __reduce__(self) -> tuple[type["Timetable"], tuple[object, ...]]:
        return type(self), (self.schedule, self.starts, self.ends, self.days, self.spread)

    @property
    def timezone(self) -> str:
        return self.schedule.timezone

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the first occurrence that is dispatched strictly after the mark."""
        if self.spread is None and self._placed is None:
            nominal = self._nominals.after(mark)
            return None if nominal is None else Occurrence(nominal, nominal)
        return next(self._dispatches(mark), None)

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        """Return the last `limit` occurrences that are dispatched in (mark, now], oldest first."""
        found: list[Occurrence] = []
        pair = self._last(now + INSTANT)
        while pair is not None and len(found) < limit:
            occurrence = self._dispatched(pair)
            if occurrence.dispatch <= mark:
                break
            if occurrence.dispatch <= now:
                found.append(occurrence)
            pair = self._last(pair.base)
        return found[::-1]

    def count(self, mark: datetime, now: datetime) -> int:
        """Return how many occurrences are dispatched in (mark, now]."""
        if now <= mark:
            return 0
        if isinstance(self.schedule, At):
            return sum(1 for _ in self.due(mark, now))
        total = (self._nominals if self._placed is None else self._placed).count(mark, now)
        return total if self.spread is None else total + self._waits(mark) - self._waits(now)

    def due(self, mark: datetime, now: datetime) -> Iterator[Occurrence]:
        """Yield the occurrences that are dispatched in (mark, now], in dispatch order."""
        return takewhile(lambda occurrence: occurrence.dispatch <= now, self._dispatches(mark))

    def previous(self, nominal: datetime) -> datetime | None:
        """Return the nominal time of the run before this one: where the interval that it closes begins."""
        if self._placed is None:
            return self._nominals.before(nominal)
        pair = self._placed.of(nominal)
        before = self._placed.before(nominal if pair is None else pair.base)
        return None if before is None else before.nominal

    def skips(self, after: datetime, until: datetime) -> Iterator[Skip]:
        """Yield what the day rule leaves out of the nominal times in (after, until], in order, once for each day."""
        if self.days is None:
            return
        nominal = self._bounded.after(after)
        while nominal is not None and nominal <= until:
            day = local_day(nominal, self.timezone)
            last = min(until, start_of_day(day + _DAY, self.timezone) - INSTANT)
            if self._is_left_out(nominal):
                yield Skip(nominal, self._bounded.count(nominal - INSTANT, last), self.days.name(day))
            nominal = self._bounded.after(max(nominal, last))

    def moved_from(self, occurrence: Occurrence) -> str | None:
        """Return the name of the day that the occurrence was moved away from; None if it stayed on its day."""
        day = local_day(occurrence.nominal, self.timezone)
        moved = self.days is not None and self.days.move is not None and not self.days.runs_on(day)
        return self.days.name(day) if moved and self.days is not None else None

    def smallest_interval(self) -> timedelta | None:
        """Return the shortest time on the clock between two nominal times; None where there is but one."""
        return self.schedule.smallest_interval()

    def explain(self) -> str:
        """Say in plain English when it runs."""
        from scheduler.timetable.explain_timetable import explain_timetable  # only people ask

        return explain_timetable(self)

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        return self.schedule.notes()

    def _dispatches(self, mark: datetime) -> Iterator[Occurrence]:
        """Yield those that are dispatched strictly after the mark, in dispatch order."""
        # With a spread, one that has come before the mark may still wait for its dispatch.
        pair = self._last(mark + INSTANT) if self.spread is not None else None
        pair = pair or self._first(mark)
        while pair is not None:
            following = None if self.spread is None else self._first(pair.base)
            occurrence = self._delayed(pair, following)
            if occurrence.dispatch > mark:
                yield occurrence
            pair = self._first(pair.base) if self.spread is None else following

    def _first(self, instant: datetime) -> Pair | None:
        """Return the first whose base is strictly after the instant."""
        if self._placed is not None:
            return self._placed.after(instant)
        nominal = self._nominals.after(instant)
        return None if nominal is None else Pair(nominal, nominal)

    def _last(self, instant: datetime) -> Pair | None:
        """Return the last whose base is strictly before the instant."""
        if self._placed is not None:
            return self._placed.before(instant)
        nominal = self._nominals.before(instant)
        return None if nominal is None else Pair(nominal, nominal)

    def _dispatched(self, pair: Pair) -> Occurrence:
        return self._delayed(pair, None if self.spread is None else self._first(pair.base))

    def _delayed(self, pair: Pair, following: Pair | None) -> Occurrence:
        if self.spread is None:
            return Occurrence(*pair)
        # A clock change can bring two runs closer together than the schedule says: no delay reaches the next one.
        room = self._room(self.spread, pair.base)
        if following is not None:
            room = min(room, following.base - pair.base)
        return Occurrence(pair.nominal, pair.base + offset(self.spread.seed, pair.nominal, room))

    def _room(self, spread: Spread, base: datetime) -> timedelta:
        if isinstance(spread, Jitter):
            return spread.length
        day = local_day(base, self.timezone)
        return at_local(day + _DAY if spread.crosses_midnight else day, spread.ends, self.timezone) - base

    def _waits(self, instant: datetime) -> bool:
        """Ask whether at that instant an occurrence has come whose dispatch has not."""
        pair = self._last(instant + INSTANT)
        return pair is not None and self._dispatched(pair).dispatch > instant

    def _is_left_out(self, nominal: datetime) -> bool:
        if self._placed is not None and self.days is not None and self.days.move is not None:
            return self._placed.of(nominal) is None
        return self.days is not None and not self.days.runs_on(local_day(nominal, self.timezone))

    def _check(self) -> None:
        for name in ("starts", "ends"):
            bound: datetime | None = getattr(self, name)
            if bound is None:
                continue
            if bound.tzinfo is None:
                raise ScheduleError(f'"{bound.isoformat()}" has no offset', "an instant with its offset", name)
            object.__setattr__(self, name, bound.astimezone(UTC))
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ScheduleError("it ends before it starts", "an end after the start", "ends")
        least = self.smallest_interval() if self.spread or (self.days and self.days.move) else None
        if isinstance(self.spread, Jitter) and least is not None and self.spread.length >= least:
            what = f"the jitter {format_duration(self.spread.length)} reaches the next run"
            raise ScheduleError(what, f"less than {format_duration(least)}, the shortest time between two", "jitter")
        if isinstance(self.spread, Window) and self._may_run_twice_a_day(least):
            raise ScheduleError("a window is for one run a day", "a schedule with one time of day", "window")
        if self.days is not None and self.days.move is not None and least is not None and least < _MINUTE:
            raise ScheduleError("this runs too often to be moved", "at most one run a minute", "move_to")

    def _may_run_twice_a_day(self, least: timedelta | None) -> bool:
        if isinstance(self.schedule, At):
            days = [local_day(one, self.timezone) for one in self.schedule.between(_FIRST, _LAST)]
            return len(set(days)) < len(days)
        return least is not None and least < _DAY
