"""What holds for every timetable with bounds, calendars, moves, jitter and windows, near clock changes too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timetable import (
    Calendar,
    DayRule,
    Every,
    Jitter,
    Move,
    ScheduleError,
    Spread,
    Timetable,
    Window,
    from_stored,
    to_stored,
    zone,
)
from scheduler.timetable.local_day import start_of_day
from tests.unit.timetable.strategies import crons, instants, zones
from tests.unit.timetable.timetable_oracle import expected

FAST = settings(max_examples=60, derandomize=True, database=None, deadline=None)
LONG = settings(max_examples=10_000, deadline=None)

Case = tuple[Timetable, datetime, datetime]


@st.composite
def rules(draw: st.DrawFn, around: datetime) -> DayRule:
    """A rule that lets the job run within some weeks of that instant."""
    dates = st.frozensets(st.integers(-8, 12).map(lambda days: (around + timedelta(days=days)).date()), max_size=12)
    weekdays = st.frozensets(st.integers(0, 6), max_size=3)
    only = st.builds(Calendar, dates, weekdays.filter(bool))
    return DayRule(
        Calendar(draw(dates), draw(weekdays)),
        draw(st.none() | only),
        draw(st.sampled_from([None, *Move])),
        draw(st.sampled_from([frozenset({5, 6}), frozenset({4, 5})])),
    )


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    minutes = st.integers(0, 1439)
    if draw(st.booleans()):
        return Jitter(timedelta(minutes=draw(minutes), seconds=draw(st.integers(1, 59))), "seed")
    starts, ends = draw(st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]))
    return Window(time(*divmod(starts, 60)), time(*divmod(ends, 60)), "seed")


@st.composite
def asked(draw: st.DrawFn) -> Case:
    """A timetable, and a time of some days."""
    intervals = st.sampled_from([7, 24, 25, 36, 100]).map(lambda hours: timedelta(hours=hours))
    schedule = draw(st.one_of(crons(), crons(), st.builds(Every, intervals, zones)))
    mark = draw(instants(schedule.timezone).filter(lambda instant: instant.year > 1990))
    now = mark + timedelta(hours=draw(st.integers(1, 200)))
    # The slow way goes through all of them, some weeks to either side.
    if schedule.count(mark, mark + timedelta(days=1)) > 50:
        schedule = Every(timedelta(hours=5), schedule.timezone)
    bound = st.none() | st.integers(-100, 200).map(lambda hours: mark + timedelta(hours=hours))
    starts, ends = draw(bound), draw(bound)
    days, spread = draw(st.none() | rules(mark)), draw(st.none() | spreads())
    try:
        return Timetable(schedule, starts, ends, days, spread), mark, now
    except ScheduleError:
        return Timetable(schedule, days=days, starts=starts), mark, now


def check_what_is_due_is_what_the_slow_way_finds(case: Case) -> None:
    timetable, mark, now = case
    assert list(timetable.due(mark, now)) == expected(timetable, mark, now)


def check_the_newest_are_the_last_of_them(case: Case) -> None:
    timetable, mark, now = case
    due = list(timetable.due(mark, now))
    assert timetable.newest(mark, now, 100_000) == due
    assert timetable.newest(mark, now, 2) == due[-2:]


def check_counting_is_going_through(case: Case) -> None:
    timetable, mark, now = case
    assert timetable.count(mark, now) == len(list(timetable.due(mark, now)))


def check_a_run_is_dispatched_after_the_one_before_it(case: Case) -> None:
    timetable, mark, now = case
    due = [one.dispatch for one in timetable.due(mark, now)]
    assert due == sorted(set(due))


def check_the_interval_begins_at_the_run_before(case: Case) -> None:
    timetable, mark, now = case
    due = list(timetable.due(mark, now))
    for before, run in pairwise(due):
        assert timetable.previous(run.nominal) == before.nominal


def check_no_run_is_on_a_day_that_is_left_out(case: Case) -> None:
    timetable, mark, now = case
    skipped = {skip.nominal for skip in timetable.skips(mark, now)}
    for run in timetable.due(mark, now):
        assert run.nominal not in skipped
        if timetable.days is not None and timetable.spread is None:
            day = run.dispatch.astimezone(zone(timetable.timezone)).date()
            # Where the clocks skip the last hour of its day, a run that was moved there comes right after it.
            pushed = run.nominal != run.dispatch == start_of_day(day, timetable.timezone)
            assert timetable.days.runs_on(day) or (pushed and timetable.days.runs_on(day - timedelta(days=1)))
            moved = not timetable.days.runs_on(run.nominal.astimezone(zone(timetable.timezone)).date())
            assert moved == (timetable.moved_from(run) is not None)


def check_it_survives_storing(case: Case) -> None:
    timetable, mark, _ = case
    read = from_stored(json.loads(json.dumps(to_stored(timetable))))
    assert (read, hash(read), read.next(mark)) == (timetable, hash(timetable), timetable.next(mark))


CHECKS = [
    pytest.param(check, id=check.__name__.removeprefix("check_"))
    for check in (
        check_what_is_due_is_what_the_slow_way_finds,
        check_the_newest_are_the_last_of_them,
        check_counting_is_going_through,
        check_a_run_is_dispatched_after_the_one_before_it,
        check_the_interval_begins_at_the_run_before,
        check_no_run_is_on_a_day_that_is_left_out,
        check_it_survives_storing,
    )
]


@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_for_some(check: Callable[[Case], None]) -> None:
    FAST(given(asked())(check))()


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_for_ten_thousand(check: Callable[[Case], None]) -> None:
    LONG(given(asked())(check))()


@given(st.data())
@settings(max_examples=20, derandomize=True, database=None, deadline=None)
def test_a_jitter_is_within_its_length_and_not_always_the_same(data: st.DataObject) -> None:
    seed = data.draw(st.text(max_size=9))
    timetable = Timetable(Every(timedelta(hours=1)), spread=Jitter(timedelta(minutes=30), seed))
    runs = list(timetable.due(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)))
    delays = [run.dispatch - run.nominal for run in runs]
    assert all(timedelta(0) <= delay < timedelta(minutes=30) for delay in delays)
    assert len(set(delays)) > len(delays) // 2
