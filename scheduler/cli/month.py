"""What the jobs do on each day of a month, and which of its days have a name in their calendars."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from scheduler.cli.day_window import DayWindow, window
from scheduler.cli.when import local_date
from scheduler.jobs import Job
from scheduler.jobs.minutes import shared
from scheduler.timetable import Timetable

_DAY = timedelta(days=1)


@dataclass
class Day:
    """One day: how many runs are dispatched, and how many of its occurrences are skipped or moved to another day."""

    date: date
    runs: int = 0
    skipped: int = 0
    moved: int = 0
    names: list[str] = field(default_factory=list)


def month(first: date, jobs: Sequence[Job], timezone: str) -> list[Day]:
    """Return the days of the month that begins on that date, as the zone's clocks have them."""
    days = [Day(first + number * _DAY) for number in range(31)]
    days = [day for day in days if day.date.month == first.month]
    by_date = {day.date: day for day in days}
    whole = window(days[0].date, days[-1].date, timezone)
    spans = [window(day.date, day.date, timezone) for day in days]
    for timetable, number in shared(jobs):
        for day, runs in zip(days, _runs(timetable, spans), strict=True):
            day.runs += number * runs
        for skip in timetable.skips(*whole):
            by_date[local_date(skip.nominal, timezone)].skipped += number * skip.count
        if timetable.days is not None and timetable.days.move is not None:
            _count_moved(by_date, timetable, number, timezone)
    _name(days, jobs)
    return days


def _runs(timetable: Timetable, spans: Sequence[DayWindow]) -> list[int]:
    """Return how many runs are dispatched in each of these days, which follow each other."""
    least = timetable.smallest_interval()
    if least is not None and least < _DAY:
        return [timetable.count(*span) for span in spans]
    # To go through a run a day takes less than to start anew for each day.
    dispatches = [run.dispatch for run in timetable.due(spans[0].mark, spans[-1].until)]
    ends = [bisect_right(dispatches, span.until) for span in spans]
    return [end - begin for begin, end in pairwise([0, *ends])]


def _count_moved(by_date: dict[date, Day], timetable: Timetable, number: int, timezone: str) -> None:
    """Count what does not stay on its day and is not skipped either. A day is one of the timetable's own zone."""
    nominal = replace(timetable, days=None, spread=None)
    first, last = min(by_date), max(by_date)
    # A day of the timetable's zone overlaps with at most the day before and after it in another.
    for offset in range(-1, (last - first).days + 2):
        of = first + offset * _DAY
        if timetable.days is None or timetable.days.runs_on(of):
            continue
        span = window(of, of, timetable.timezone)
        begins = nominal.next(span.mark)
        day = by_date.get(local_date(begins.nominal, timezone)) if begins else None
        if day is not None and begins is not None and begins.nominal <= span.until:
            left_out = sum(skip.count for skip in timetable.skips(*span))
            day.moved += number * (nominal.count(*span) - left_out)


def _name(days: Iterable[Day], jobs: Sequence[Job]) -> None:
    rules = {id(job.timetable.days): job.timetable.days for job in jobs if job.timetable.days is not None}
    calendars = [calendar for rule in rules.values() for calendar in (rule.skip, rule.only) if calendar is not None]
    for day in days:
        names = (calendar.names.get(day.date) for calendar in calendars)
        day.names = list(dict.fromkeys(name for name in names if name))
