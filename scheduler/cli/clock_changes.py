"""When a zone's clocks change, and what that does to a schedule."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from scheduler.cli.when import day, span, stamp, written_offset
from scheduler.timetable import EPOCH, Cron, Every, Gap, Schedule
from scheduler.timetable.changes import clock_changes
from scheduler.timetable.expression import parse_expression
from scheduler.timetable.schedule import INSTANT

# A zone that has not changed its clocks for this long will hardly do it again.
_YEARS_AHEAD = 12
_MOST_LISTED = 3


class Change(NamedTuple):
    """At this instant the zone's offset from UTC becomes another."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def forward(self) -> bool:
        """Ask whether wall times are left out; if not, some come twice."""
        return self.after > self.before

    @property
    def length(self) -> timedelta:
        """Return by how much the clocks change."""
        return abs(self.after - self.before)

    @property
    def affected(self) -> tuple[datetime, datetime]:
        """Return the wall times, as if they were UTC, between which times are left out or come twice."""
        first, last = sorted((self.at + self.before, self.at + self.after))
        return first, last

    def title(self) -> str:
        """Write `Sun 2027-03-28, clocks go forward 1 h (02:00 -> 03:00)`."""
        old, new = (f"{self.at + offset:%H:%M}" for offset in (self.before, self.after))
        way = "forward" if self.forward else "back"
        return f"{day(self.affected[0].date())}, clocks go {way} {span(self.length)} ({old} -> {new})"


def changes_between(timezone: str, after: datetime, until: datetime) -> Iterator[Change]:
    """Yield the zone's changes in (after, until], in order."""
    for change in clock_changes(timezone, min(until.year + 1, 9998)):
        at = EPOCH + timedelta(seconds=change.at)
        if after < at <= until:
            yield Change(at, timedelta(seconds=change.before), timedelta(seconds=change.after))


def changes_to_come(timezone: str, now: datetime, number: int) -> list[Change]:
    """Return the zone's next changes, at most that many; none where its clocks are left alone."""
    return list(islice(changes_between(timezone, now, now.replace(year=now.year + _YEARS_AHEAD, day=1)), number))


def change_fields(change: Change) -> dict[str, str]:
    """Return the change for `--json`."""
    return {"at": stamp(change.at), "from": written_offset(change.before), "to": written_offset(change.after)}


def effect(schedule: Schedule, change: Change) -> str:
    """Say what the change does to the schedule: `runs once at 03:00 +02:00 instead of 02:30`."""
    if isinstance(schedule, Every):
        return "not affected: it counts elapsed time"
    if not isinstance(schedule, Cron):
        return "not affected"
    # In UTC the wall is never changed, so there the expression names every wall time that it means.
    wall = Cron(schedule.expression, "UTC", seed=schedule.seed)
    first, last = change.affected
    named = list(wall.between(first - INSTANT, last - INSTANT))
    if not named:
        return "not affected"
    return _forward(schedule, wall, change, named) if change.forward else _back(schedule, change, named)


def _forward(schedule: Cron, wall: Cron, change: Change, named: Sequence[datetime]) -> str:
    left_out = f"{_times([_clock(one) for one in named])} {'are' if len(named) > 1 else 'is'} left out"
    follows_clock = parse_expression(schedule.expression, schedule.seed).pattern.follows_clock
    if follows_clock or schedule.dst.gap is Gap.SKIP:
        return left_out
    runs = set(schedule.between(change.at - INSTANT, change.at + change.length - INSTANT))
    shifts = schedule.dst.gap is Gap.SHIFT
    made_up = sorted({one - change.before if shifts else change.at for one in named} & runs)
    if not made_up:
        return left_out
    times = f"{_times([_clock(one + change.after) for one in made_up])} {written_offset(change.after)}"
    instead = _times([_clock(one) for one in named])
    if all(wall.after(one + change.after - INSTANT) == one + change.after for one in made_up):
        return f"{instead} {'are' if len(named) > 1 else 'is'} left to the {_run(made_up)} at {times}"
    return f"runs {'once ' if len(made_up) == 1 else ''}at {times} instead of {instead}"


def _back(schedule: Cron, change: Change, named: Sequence[datetime]) -> str:
    runs = set(schedule.between(named[0] - change.before - INSTANT, named[-1] - change.after))
    first, second = (all(one - offset in runs for one in named) for offset in (change.before, change.after))
    times = _times([_clock(one) for one in named])
    before, after = written_offset(change.before), written_offset(change.after)
    if len(named) > 1:
        which = f"twice, at {before} and again at {after}"
        if not (first and second):
            which = f"once, the first time, at {before}" if first else f"once, the second time, at {after}"
        return f"{times} run {which}"
    if first and second:
        return f"runs twice, at {times} {before} and again at {times} {after}"
    return f"runs once, the {'first' if first else 'second'} time, at {times} {before if first else after}"


def _clock(wall: datetime) -> str:
    return f"{wall:%H:%M}"


def _run(instants: Sequence[datetime]) -> str:
    return "runs" if len(instants) > 1 else "run"


def _times(texts: Sequence[str]) -> str:
    """Write `02:00`, `02:00 and 02:30`, `02:00, 02:15 … 02:45 (4 times)`."""
    if len(texts) > _MOST_LISTED:
        return f"{texts[0]}, {texts[1]} … {texts[-1]} ({len(texts):,} times)"
    *others, last = texts
    return f"{', '.join(others)} and {last}" if others else last
