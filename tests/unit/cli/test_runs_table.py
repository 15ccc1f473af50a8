"""Runs that calendars, jitter or a window put elsewhere, in the table and beside the runs that they do not touch."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from scheduler.cli.runs_table import runs_table
from scheduler.cli.table import plain_text
from scheduler.cli.timeline import coming, skipped
from scheduler.jobs import Job
from scheduler.timetable import Calendar, Cron, DayRule, Every, Jitter, Move, Window
from tests.unit.cli.making import HOLIDAYS, job

BEFORE = datetime(2026, 12, 23, 12, tzinfo=UTC)


def lines(*jobs: Job, number: int, now: datetime = BEFORE) -> list[str]:
    runs = list(islice(coming(jobs, now), number))
    return plain_text(runs_table(runs, now, list(skipped(jobs, now, runs[-1].at)))).splitlines()[1:]


def test_a_skipped_day_is_a_line_with_its_name_between_the_runs() -> None:
    report = job("report", Cron("0 7 * * *", "Europe/Berlin"), DayRule(skip=HOLIDAYS))

    assert lines(report, number=2) == [
        "Thu 2026-12-24 07:00 +01:00  in 18 h      report  Europe/Berlin  -",
        "# Fri 2026-12-25 07:00 +01:00  report skipped: Christmas Day",
        "Sat 2026-12-26 07:00 +01:00  in 2 d 18 h  report  Europe/Berlin  -",
    ]


def test_a_day_without_a_name_of_its_own_needs_no_reason() -> None:
    report = job("report", Cron("0 7 * * *"), DayRule(skip=Calendar(weekdays=frozenset({3}))))

    assert "# Thu 2026-12-24 07:00 +00:00  report skipped" in lines(report, number=1)


def test_several_runs_of_a_skipped_day_are_one_line_with_their_number() -> None:
    hourly = job("hourly", Cron("0 * * * *"), DayRule(skip=HOLIDAYS))

    assert "# Fri 2026-12-25  hourly skipped, 24 runs: Christmas Day" in lines(hourly, number=36)


def test_many_skipped_days_in_a_row_share_a_line() -> None:
    new_year = Calendar(frozenset({date(2027, 1, 1)}))

    assert lines(job("yearly", Cron("0 7 * * *"), DayRule(only=new_year)), number=1) == [
        "# Thu 2026-12-24 … Thu 2026-12-31  yearly skipped, 8 runs on 8 days",
        "Fri 2027-01-01 07:00 +00:00  in 8 d 19 h  yearly  UTC       -",
    ]


def test_the_skipped_days_of_several_jobs_are_in_the_order_of_time() -> None:
    late = job("late", Cron("0 9 * * *"), DayRule(skip=HOLIDAYS))
    early = job("early", Cron("0 8 * * *"), DayRule(skip=HOLIDAYS))

    assert [line for line in lines(late, early, number=3) if line.startswith("#")] == [
        "# Fri 2026-12-25 08:00 +00:00  early skipped: Christmas Day",
        "# Fri 2026-12-25 09:00 +00:00  late skipped: Christmas Day",
    ]


def test_a_moved_run_shows_where_it_comes_from_and_its_nominal_time() -> None:
    report = job("report", Cron("0 7 25 * *"), DayRule(skip=HOLIDAYS, move=Move.NEXT))

    assert lines(report, number=1) == [
        "# report moved from Friday 2026-12-25: Christmas Day",
        "Mon 2026-12-28 07:00 +00:00  in 4 d 19 h  report  UTC       Fri 2026-12-25 07:00 +00:00",
    ]


def test_a_run_moved_from_a_weekend_has_no_more_to_say_than_the_day() -> None:
    report = job("report", Cron("0 7 26 * *"), DayRule(move=Move.PREVIOUS))

    assert lines(report, number=1)[0] == "# report moved from Saturday 2026-12-26"


def test_jitter_shows_both_times_and_the_seconds_of_one() -> None:
    spread = job("spread", Cron("0 2 * * *"), spread=Jitter(timedelta(minutes=30), "spread"))
    (run,) = islice(coming([spread], BEFORE), 1)
    (line,) = lines(spread, number=1)

    assert line.startswith(f"Thu 2026-12-24 {run.at:%H:%M:%S} +00:00  in ")
    assert run.at.second
    assert line.endswith("  Thu 2026-12-24 02:00 +00:00")


def test_a_run_in_a_window_shows_the_time_that_the_window_replaces() -> None:
    nightly = job("nightly", Cron("0 12 * * *"), spread=Window(time(23), time(1), "nightly"))
    (line,) = lines(nightly, number=1, now=BEFORE - timedelta(seconds=1))

    assert line.startswith(("Wed 2026-12-23 23:", "Thu 2026-12-24 00:"))
    assert line.endswith("  Wed 2026-12-23 12:00 +00:00")


def test_the_clocks_of_a_zone_change_once_for_all_of_its_jobs() -> None:
    early = job("early", Cron("0 1 * * *", "Europe/Berlin"))
    late = job("late", Cron("0 4 * * *", "Europe/Berlin"))
    other = job("other", Every(timedelta(hours=5)))

    shown = lines(early, late, other, number=9, now=datetime(2026, 3, 28, 12, tzinfo=UTC))

    assert [line for line in shown if line.startswith("#")] == [
        "# Europe/Berlin: clocks go forward 1 h, from +01:00 to +02:00"
    ]
    in_berlin = [line for line in shown if "other" not in line]
    at = in_berlin.index("# Europe/Berlin: clocks go forward 1 h, from +01:00 to +02:00")
    assert in_berlin[at - 1].startswith("Sun 2026-03-29 01:00 +01:00")
    assert in_berlin[at + 1].startswith("Sun 2026-03-29 04:00 +02:00")
