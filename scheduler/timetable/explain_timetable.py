"""Says in plain English when a whole timetable runs: its schedule, and what stands beside it."""

from collections.abc import Iterator
from datetime import datetime

from scheduler.timetable.calendar import Calendar, DayRule, Move
from scheduler.timetable.duration import format_duration
from scheduler.timetable.spread import Jitter, Window
from scheduler.timetable.timetable import Timetable
from scheduler.timetable.zones import zone

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
        f"{word} {_shown(bound, timetable.timezone)}"
        for word, bound in (("from", timetable.starts), ("until", timetable.ends))
        if bound is not None
    ]
    if bounds:
        yield f"Only {' '.join(bounds)}."


def _spread(spread: Jitter | Window) -> str:
    if isinstance(spread, Jitter):
        return f"Each run starts up to {format_duration(spread.length)} later, always by the same delay."
    starts, _, ends = str(spread).partition("-")
    following = " of the day after" if spread.crosses_midnight else ""
    return f"Each run starts at some moment from {starts} to {ends}{following} instead of its own time of day."


def _days(rule: DayRule) -> str:
    parts = []
    if rule.only is not None:
        parts.append(f"only on {_called(rule.only)}")
    if rule.skip != Calendar():
        parts.append(f"not on {_called(rule.skip)}")
    if rule.move is None:
        return f"It runs {' and '.join(parts) or 'on every day'}."
    if rule.only is None:
        parts.append("not on a weekend")
    return f"It runs {' and '.join(parts)}: a run of another day moves to {_MOVES[rule.move]}."


def _called(calendar: Calendar) -> str:
    return calendar.label or "the days of its calendar"


def _shown(instant: datetime, timezone: str) -> str:
    return instant.astimezone(zone(timezone)).isoformat(" ", "seconds")
