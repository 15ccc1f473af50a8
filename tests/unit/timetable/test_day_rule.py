"""On which days a job runs, and where what falls on others goes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.timetable import (
    Calendar,
    Cron,
    DayRule,
    Every,
    Move,
    Skip,
    Timetable,
)
from tests.unit.timetable.berlin import BERLIN, HOLIDAYS, MORNING, berlin, runs


def test_a_day_of_the_calendar_is_left_out_and_named() -> None:
    timetable = Timetable(MORNING, days=DayRule(HOLIDAYS))
    stays = [("Thu 30 07:00",) * 2, ("Sat 02 07:00",) * 2]
    assert runs(timetable, "2026-04-30T00:00", "2026-05-02T12:00") == stays
    skips = list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-02T12:00")))
    assert skips == [Skip(berlin("2026-05-01T07:00"), 1, "Labour Day")]


def test_the_runs_left_out_of_a_day_are_told_at_once() -> None:
    timetable = Timetable(Every(timedelta(minutes=15), BERLIN), days=DayRule(HOLIDAYS))
    skips = list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-03T00:00")))
    assert skips == [Skip(berlin("2026-05-01T00:00"), 96, "Labour Day")]


def test_a_run_goes_to_the_next_business_day_where_several_are_one_named_by_the_latest() -> None:
    timetable = Timetable(MORNING, days=DayRule(HOLIDAYS, move=Move.NEXT))
    assert runs(timetable, "2026-04-30T00:00", "2026-05-05T12:00") == [
        ("Thu 30 07:00", "Thu 30 07:00"),
        ("Mon 04 07:00", "Mon 04 07:00"),
        ("Tue 05 07:00", "Tue 05 07:00"),
    ]
    assert timetable.previous(berlin("2026-05-04T07:00")) == berlin("2026-04-30T07:00")
    assert list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-05T12:00"))) == []


def test_a_run_goes_to_the_business_day_before() -> None:
    timetable = Timetable(Cron("0 7 1 * *", BERLIN), days=DayRule(HOLIDAYS, move=Move.PREVIOUS))
    (run,) = timetable.due(berlin("2026-04-02T00:00"), berlin("2026-05-30T00:00"))
    assert run == (berlin("2026-05-01T07:00"), berlin("2026-04-30T07:00"))
    assert timetable.moved_from(run) == "Labour Day"


def test_a_weekend_is_named_by_its_weekday() -> None:
    timetable = Timetable(Cron("0 7 2 5 *", BERLIN), days=DayRule(move=Move.NEXT))
    run = timetable.next(berlin("2026-05-01T00:00"))
    assert run == (berlin("2026-05-02T07:00"), berlin("2026-05-04T07:00"))
    assert timetable.moved_from(run) == "Saturday"


def test_days_of_its_own_make_a_weekend_a_business_day() -> None:
    timetable = Timetable(
        MORNING, days=DayRule(HOLIDAYS, Calendar(weekdays=frozenset({4, 5})), Move.NEXT)
    )  # Fridays and Saturdays
    assert runs(timetable, "2026-04-30T00:00", "2026-05-08T12:00") == [
        ("Sat 02 07:00", "Sat 02 07:00"),
        ("Fri 08 07:00", "Fri 08 07:00"),
    ]


def test_a_time_moved_into_a_gap_runs_right_after_it() -> None:
    easter = Calendar(frozenset({date(2026, 3, 28)}))
    timetable = Timetable(
        Cron("30 2 28 3 *", BERLIN), days=DayRule(easter, Calendar(weekdays=frozenset({6})), Move.NEXT)
    )
    assert runs(timetable, "2026-03-01T00:00", "2026-04-01T00:00") == [("Sat 28 02:30", "Sun 29 03:00")]


def test_no_business_day_is_no_run() -> None:
    never = DayRule(Calendar(weekdays=frozenset(range(7))), move=Move.NEXT)
    assert Timetable(MORNING, days=never).next(berlin("2026-01-01T00:00")) is None
    past = DayRule(only=Calendar(frozenset({date(2020, 1, 1)})))
    assert Timetable(MORNING, days=past).next(berlin("2026-01-01T00:00")) is None
    sundays = DayRule(Calendar(weekdays=frozenset({6})))
    assert Timetable(Cron("0 7 * * sun", BERLIN), days=sundays).next(berlin("2026-01-01T00:00")) is None
    assert Timetable(Cron("0 7 * * sun", BERLIN), days=sundays).newest(
        berlin("2026-01-01T00:00"), berlin("2027-01-01T00:00"), 5
    ) == []  # fmt: skip


def test_a_run_is_not_moved_by_more_than_a_month() -> None:
    opens = DayRule(only=Calendar(frozenset({date(2030, 1, 1)})), move=Move.NEXT)
    timetable = Timetable(Cron("0 7 1 * *", BERLIN), days=opens)
    (run,) = timetable.due(berlin("2026-01-01T00:00"), berlin("2035-01-01T00:00"))
    assert run.nominal == berlin("2030-01-01T07:00")
    skips = list(timetable.skips(berlin("2026-01-01T00:00"), run.nominal))
    assert skips[-1].nominal == berlin("2029-11-01T07:00")


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_at_the_ends_of_the_calendar_ends_no_search(day: date) -> None:
    timetable = Timetable(MORNING, days=DayRule(Calendar(frozenset({day}))))
    assert timetable.next(berlin("2026-05-04T00:00")) == (berlin("2026-05-04T07:00"),) * 2
    assert timetable.count(berlin("2026-05-04T00:00"), berlin("2026-05-06T00:00")) == 2
    assert timetable.previous(berlin("2026-05-04T07:00")) == berlin("2026-05-03T07:00")


def test_a_run_moved_into_the_last_hour_of_a_day_that_has_none_comes_right_after_it() -> None:
    # On Saturday, 30 March 2024, the clocks of Nuuk went from 23:00 to 00:00 of the Sunday.
    saturdays = DayRule(only=Calendar(weekdays=frozenset({5})), move=Move.NEXT)
    run = Timetable(Cron("30 23 29 3 *", "America/Nuuk"), days=saturdays).next(datetime(2024, 3, 1, tzinfo=UTC))
    assert run == (datetime(2024, 3, 30, 1, 30, tzinfo=UTC), datetime(2024, 3, 31, 1, tzinfo=UTC))
