"""A month counted day by day, and drawn."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.cli.month import Day, month
from scheduler.cli.month_grid import grid, short
from scheduler.jobs import Job
from scheduler.timetable import Calendar, Cron, DayRule, Every, Jitter, Move, Window
from tests.unit.cli.making import CHRISTMAS, HOLIDAYS, job

DECEMBER = date(2026, 12, 1)
LONG_AGO = date(2000, 1, 1)


def days_of(first: date, *jobs: Job, timezone: str = "UTC") -> dict[int, Day]:
    return {day.date.day: day for day in month(first, jobs, timezone)}


def test_every_day_of_the_month_is_there_with_its_runs() -> None:
    days = days_of(DECEMBER, job("a", Cron("0 7 * * mon-fri")), job("b", Cron("0 */6 * * *")))

    assert list(days) == list(range(1, 32))
    assert (days[4].runs, days[5].runs) == (5, 4)


@pytest.mark.parametrize(
    ("first", "length"),
    [
        pytest.param(date(2028, 2, 1), 29, id="leap"),
        pytest.param(date(2026, 2, 1), 28, id="february"),
        pytest.param(date(2026, 4, 1), 30, id="april"),
    ],
)
def test_months_have_their_length(first: date, length: int) -> None:
    assert len(month(first, [], "UTC")) == length


def test_the_days_of_clock_changes_are_as_long_as_they_are() -> None:
    hourly = job("hourly", Cron("0 * * * *", "Europe/Berlin"))

    assert days_of(date(2026, 3, 1), hourly, timezone="Europe/Berlin")[29].runs == 23
    assert days_of(date(2026, 10, 1), hourly, timezone="Europe/Berlin")[25].runs == 25


def test_a_job_of_each_second_is_counted_without_going_through_its_runs() -> None:
    assert days_of(DECEMBER, job("busy", Every(timedelta(seconds=1))))[31].runs == 86_400


def test_runs_are_on_the_day_of_the_zone_that_is_shown() -> None:
    tokyo = job("tokyo", Cron("0 3 1 12 *", "Asia/Tokyo"))

    assert days_of(date(2026, 11, 1), tokyo)[30].runs == 1
    assert days_of(DECEMBER, tokyo, timezone="Asia/Tokyo")[1].runs == 1


def test_skipped_runs_and_the_name_of_their_day() -> None:
    days = days_of(DECEMBER, job("hourly", Cron("0 * * * *"), DayRule(skip=HOLIDAYS)))

    assert days[25] == Day(CHRISTMAS, runs=0, skipped=24, moved=0, names=["Christmas Day"])
    assert days[26].runs == 24


def test_moved_runs_leave_one_day_and_count_on_the_other() -> None:
    days = days_of(DECEMBER, job("a", Cron("0 7 25 * *"), DayRule(skip=HOLIDAYS, move=Move.NEXT)))

    assert (days[25].runs, days[25].skipped, days[25].moved) == (0, 0, 1)
    assert (days[28].runs, days[28].moved) == (1, 0)


def test_a_run_that_moves_out_of_the_month_leaves_its_day() -> None:
    november = days_of(date(2026, 11, 1), job("a", Cron("0 7 * * *"), DayRule(move=Move.NEXT)))
    december = days_of(
        DECEMBER, job("a", Cron("0 7 30 11 *"), DayRule(skip=Calendar(frozenset({date(2026, 11, 30)})), move=Move.NEXT))
    )

    assert (november[29].runs, november[29].moved) == (0, 1)
    assert (november[30].runs, november[30].moved) == (1, 0)
    assert december[1].runs == 1


def test_a_moved_run_is_marked_on_the_day_of_the_zone_that_is_shown() -> None:
    tokyo = job("tokyo", Cron("0 3 26 12 *", "Asia/Tokyo"), DayRule(move=Move.NEXT))

    assert days_of(DECEMBER, tokyo)[25].moved == 1


def test_what_jitter_and_windows_carry_over_midnight_counts_where_it_is_dispatched() -> None:
    window = job("window", Cron("0 12 5 12 *"), spread=Window(time(23, 59, 59), time(6), "seed"))
    jitter = job("jitter", Cron("59 23 5 12 *"), spread=Jitter(timedelta(hours=20), "seed"))
    dispatched = [one.timetable.next(datetime(2026, 12, 5, 13, tzinfo=UTC)) for one in (window, jitter)]
    assert [run.dispatch.day for run in dispatched if run] == [6, 6]

    days = days_of(DECEMBER, window, jitter)

    assert (days[5].runs, days[6].runs) == (0, 2)


def test_two_calendars_with_one_name_for_a_day_name_it_once() -> None:
    others = Calendar(frozenset({CHRISTMAS}), names={CHRISTMAS: "Christmas Day", date(2026, 12, 26): "Boxing Day"})
    days = days_of(
        DECEMBER,
        job("a", Cron("@daily"), DayRule(skip=HOLIDAYS)),
        job("b", Cron("@daily"), DayRule(only=others)),
    )

    assert (days[25].names, days[26].names) == (["Christmas Day"], ["Boxing Day"])


def test_the_grid_has_the_marks_that_its_legend_explains() -> None:
    days = month(
        DECEMBER,
        [
            job("a", Cron("0 * * * *"), DayRule(skip=HOLIDAYS)),
            job("b", Cron("0 7 * * *"), DayRule(move=Move.NEXT)),
        ],
        "UTC",
    )

    lines = list(grid(days, date(2026, 12, 24)))

    assert lines[0] == "       Mon        Tue        Wed        Thu        Fri        Sat        Sun"
    assert lines[7:9] == [
        "        21         22         23        [24]        25*        26         27",
        "        25         25         25         25      1 -24      24 >1      24 >1",
    ]
    assert lines[-3:] == [
        "[ ] today   * named below   -n skipped that day   >n moved to another day",
        "",
        "Fri 2026-12-25  Christmas Day",
    ]
    assert max(map(len, lines)) < 80


def test_a_month_without_marks_has_no_legend() -> None:
    lines = list(grid(month(DECEMBER, [job("a", Cron("0 7 1 12 *"))], "UTC"), LONG_AGO))

    assert lines[1:3] == [
        "                    1          2          3          4          5          6",
        "                    1          .          .          .          .          .",
    ]
    assert len(lines) == 1 + 2 * 5


def test_names_cannot_fool_a_terminal() -> None:
    days = [Day(CHRISTMAS, names=["Christ\x1b[31mmas"])]

    assert list(grid(days, LONG_AGO))[-1] == "Fri 2026-12-25  Christ\\x1b[31mmas"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(7, "7", id="as-it-is"),
        pytest.param(999, "999", id="three-digits"),
        pytest.param(1_440, "1.4k", id="thousands"),
        pytest.param(9_999, "9.9k", id="rounded-down"),
        pytest.param(86_400, "86k", id="tens-of-thousands"),
        pytest.param(999_999, "999k", id="below-a-million"),
        pytest.param(864_000_000, "864M", id="millions"),
    ],
)
def test_large_numbers_take_four_characters(number: int, text: str) -> None:
    assert short(number) == text
