"""Says in plain English when a whole timetable runs: its schedule, and what stands beside it."""

from collections.abc import Iterator

from scheduler.timetable.calendar import WEEKDAYS, WEEKEND, Calendar, DayRule, Move
from scheduler.timetable.duration import format_duration
from scheduler.timetable.local_day import told
from scheduler.timetable.spread import Jitter, Window
from scheduler.timetable.timetable import Timetable

_MOVES = {Move.NEXT: "the next business day", Move.PREVIOUS: "the business day before"}


def explain_timetable(timetable: Timetable) -> str:
    """Return a sentence for the schedule, and one for each part that changes when it runs."""
    return " ".join([timetable.schedule.explain(), *_parts(timetable)])


def _parts(timetable: Timetable) -> Iterator[str]:
    if timetable.spread is not None:
        yield _spread(timetable.spread)
    if timetable.days is not None:
        yield _days(timetable.days)
    bounds = [
        f"{word} {told(bound, timetable.timezone, ' ')}"
        for word, bound in (("from", timetable.starts), ("until", timetable.ends))
        if bound is not None
    ]
    if bounds:
        yield f"Only {' '.join(bounds)}."


def _spread(spread: Jitter | Window) -> str:
    if isinstance(spread, Jitter):
        return f"Each run starts up to {format_duration(spread.length)} later, by a delay that is the same everywhere."
    starts, _, ends = str(spread).partition("-")
    following = " of the day after" if spread.crosses_midnight else ""
    return f"Each run starts at some moment from {starts} to {ends}{following} instead of its own time of day."


def _days(rule: DayRule) -> str:
    off = [] if rule.skip == Calendar() else [_called(rule.skip)]
    if rule.move is not None and rule.only is None and rule.weekend:
        off.append("a weekend" if rule.weekend == WEEKEND else _listed(rule.weekend))
    if rule.only is not None:
        text = f"It runs only on {_called(rule.only)}" + (f", and not on {off[0]}" if off else "")
    else:
        text = f"It does not run on {' or '.join(off)}" if off else "It runs on every day"
    moves = "" if rule.move is None else f": a run of another day moves to {_MOVES[rule.move]}"
    return f"{text}{moves}."


def _listed(weekdays: frozenset[int]) -> str:
    return " and ".join(WEEKDAYS[day] for day in sorted(weekdays))


def _called(calendar: Calendar) -> str:
    return calendar.label or "the days of its calendar"
