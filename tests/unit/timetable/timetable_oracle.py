"""The runs of a whole timetable, the slow way: every nominal time of some weeks, each put where it belongs."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import zip_longest

from scheduler.timetable import Calendar, DayRule, Jitter, Move, Occurrence, Timetable, Window, zone

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MARGIN = 40 * DAY  # no rule that is drawn keeps a job from running for as long


def expected(timetable: Timetable, mark: datetime, now: datetime) -> list[Occurrence]:
    """The runs that are dispatched in (mark, now]."""
    latest: dict[datetime, datetime] = {}
    for nominal in timetable.schedule.between(mark - MARGIN, now + MARGIN):
        before = timetable.starts is not None and nominal < timetable.starts
        after = timetable.ends is not None and nominal > timetable.ends
        base = None if before or after else _base(timetable, nominal)
        if base is not None:
            latest[base] = max(nominal, latest.get(base, nominal))
    bases = sorted(latest)
    runs = []
    for base, following in zip_longest(bases, bases[1:]):
        runs.append(Occurrence(latest[base], base + _delay(timetable, latest[base], base, following)))
    return [run for run in runs if mark < run.dispatch <= now]


def _base(timetable: Timetable, nominal: datetime) -> datetime | None:
    local = nominal.astimezone(zone(timetable.timezone))
    day: date | None = local.date()
    if timetable.days is not None:
        day = _day(timetable.days, local.date())
    if day is None:
        return None
    if isinstance(timetable.spread, Window):
        return _first_at(day, timetable.spread.starts.hour * 60 + timetable.spread.starts.minute, timetable.timezone)
    if day == local.date():
        return nominal
    return _first_at(day, local.hour * 60 + local.minute, timetable.timezone)


def _day(rule: DayRule, day: date) -> date | None:
    if _may_run(rule, day):
        return day
    if rule.move is None:
        return None
    step = DAY if rule.move is Move.NEXT else -DAY
    for number in range(1, 32):
        if _may_run(rule, day + number * step):
            return day + number * step
    return None


def _may_run(rule: DayRule, day: date) -> bool:
    def has(calendar: Calendar) -> bool:
        return day in set(calendar.days) or day.weekday() in set(calendar.weekdays)

    if has(rule.skip) or (rule.only is not None and not has(rule.only)):
        return False
    return rule.move is None or rule.only is not None or day.weekday() not in rule.weekend


def _first_at(day: date, minute: int, timezone: str) -> datetime:
    """The first minute, minute by minute, whose wall clock shows that time of that day or is past it."""
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)

    def shown(instant: datetime) -> datetime:
        return instant.astimezone(zone(timezone)).replace(tzinfo=UTC)

    instant = wall - timedelta(hours=15)
    while shown(instant) < wall:
        instant += max(MINUTE, wall - shown(instant) - timedelta(hours=3))
    # Where the clocks jumped by more than three hours, as over a date line, the step went too far.
    while shown(instant - MINUTE) >= wall:
        instant -= MINUTE
    return instant


def _delay(timetable: Timetable, nominal: datetime, base: datetime, following: datetime | None) -> timedelta:
    if timetable.spread is None:
        return timedelta(0)
    if isinstance(timetable.spread, Jitter):
        room = timetable.spread.length
    else:
        window = timetable.spread
        day = base.astimezone(zone(timetable.timezone)).date() + (DAY if window.ends < window.starts else timedelta(0))
        room = _first_at(day, window.ends.hour * 60 + window.ends.minute, timetable.timezone) - base
    if following is not None:
        room = min(room, following - base)
    digest = sha256(f"{timetable.spread.seed}@{int(nominal.timestamp())}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) * int(room.total_seconds()) // 2**64)
