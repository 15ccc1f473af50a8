"""`next` and `explain` on jobs that calendars, jitter and windows move, spread or keep off a day."""

import json
from datetime import UTC, datetime, time, timedelta

from scheduler.timetable import Calendar, Cron, DayRule, Every, Jitter, Move, Window
from tests.unit.cli.making import HOLIDAYS, MadeJobs, job

BEFORE = datetime(2026, 12, 23, 12, tzinfo=UTC)
NO_DAY = Calendar(weekdays=frozenset(range(7)))

DAILY = job("daily", Cron("0 7 * * *"), DayRule(skip=HOLIDAYS))
MOVED = job("moved", Cron("0 7 25 12 *", "Europe/Berlin"), DayRule(skip=HOLIDAYS, move=Move.NEXT))
NEVER = job("never", Cron("0 7 * * *"), DayRule(skip=NO_DAY))


def test_skipped_days_are_shown_beside_as_many_runs_as_were_asked_for() -> None:
    lines = MadeJobs(BEFORE, DAILY).run("next", "-n", "3").stdout.splitlines()[1:]

    assert [line[:16] for line in lines] == [
        "Thu 2026-12-24 0",
        "# Fri 2026-12-25",
        "Sat 2026-12-26 0",
        "Sun 2026-12-27 0",
    ]


def test_programs_get_what_is_skipped_and_where_a_run_comes_from() -> None:
    found = json.loads(MadeJobs(BEFORE, DAILY, MOVED).run("next", "-n", "5", "--json").stdout)

    assert found["skipped"] == [
        {
            "job": "daily",
            "occurrence": "2026-12-25T07:00:00Z",
            "local": "2026-12-25T07:00:00+00:00",
            "timezone": "UTC",
            "count": 1,
            "name": "Christmas Day",
        }
    ]
    (moved,) = [run for run in found["runs"] if run["job"] == "moved"]
    assert (moved["occurrence"], moved["local"]) == ("2026-12-25T06:00:00Z", "2026-12-28T07:00:00+01:00")
    assert moved["moved_from"] == "Christmas Day"
    assert {run["moved_from"] for run in found["runs"] if run["job"] == "daily"} == {None}


def test_a_span_of_time_shows_what_is_skipped_up_to_its_end() -> None:
    result = MadeJobs(BEFORE, DAILY).run("next", "--until", "2026-12-25T07:00")

    assert result.stdout.splitlines()[-1] == "# Fri 2026-12-25 07:00 +00:00  daily skipped: Christmas Day"
    assert result.stderr == ""


def test_a_span_that_is_cut_shows_what_is_skipped_up_to_the_last_run() -> None:
    found = json.loads(MadeJobs(BEFORE, DAILY).run("next", "--until", "2027-01-01", "-n", "1", "--json").stdout)

    assert (found["cut"], found["skipped"]) == (True, [])


def test_a_job_that_is_skipped_for_ever_has_no_run_and_its_days_only_where_a_span_bounds_them() -> None:
    without = MadeJobs(BEFORE, NEVER).run("next")
    bounded = MadeJobs(BEFORE, NEVER).run("next", "--until", "2d")

    assert (without.stdout, without.stderr) == ("", "No job runs again.\n")
    assert [line for line in bounded.stdout.splitlines() if line.startswith("#")] == [
        "# Thu 2026-12-24 07:00 +00:00  never skipped",
        "# Fri 2026-12-25 07:00 +00:00  never skipped",
    ]
    assert bounded.stderr == "No job runs in this time.\n"


def test_the_days_that_are_skipped_are_bounded() -> None:
    result = MadeJobs(BEFORE, NEVER).run("next", "--until", "2060-01-01", "--json")

    assert len(json.loads(result.stdout)["skipped"]) == 10_000
    assert "Of the days on which jobs are skipped, the first 10,000 are shown.\n" in result.stderr


def test_programs_get_each_zones_clock_changes_between_its_runs() -> None:
    berlin, new_york = (job(zone, Cron("0 12 * * *", zone)) for zone in ("Europe/Berlin", "America/New_York"))
    utc = job("utc", Every(timedelta(days=1)))
    invocation = MadeJobs(datetime(2026, 10, 24, tzinfo=UTC), berlin, new_york, utc)

    assert json.loads(invocation.run("next", "--until", "2026-11-03", "--json").stdout)["clock_changes"] == [
        {"timezone": "Europe/Berlin", "at": "2026-10-25T01:00:00Z", "from": "+02:00", "to": "+01:00"},
        {"timezone": "America/New_York", "at": "2026-11-01T06:00:00Z", "from": "-04:00", "to": "-05:00"},
    ]


def test_a_job_is_explained_with_its_calendar() -> None:
    shown = MadeJobs(BEFORE, DAILY).run("explain", "daily", "-n", "2").stdout

    assert shown.startswith(DAILY.timetable.explain() + "\n\n")
    assert "# Fri 2026-12-25 07:00 +00:00  daily skipped: Christmas Day" in shown


def test_where_more_than_the_schedule_decides_the_dispatches_of_the_changes_day_are_told() -> None:
    window = job("window", Cron("30 2 * * *", "Europe/Berlin"), spread=Window(time(4), time(5), "w"))
    sundays = Calendar(weekdays=frozenset({6}))
    kept_off = job("kept-off", Cron("30 2 * * *", "Europe/Berlin"), DayRule(skip=sundays))
    often = job("often", Cron("0 * * * *", "Europe/Berlin"), spread=Jitter(timedelta(minutes=5), "o"))
    invocation = MadeJobs(BEFORE, window, kept_off, often)
    run = window.timetable.next(datetime(2027, 3, 27, 23, tzinfo=UTC))
    assert run is not None
    assert run.dispatch.hour == 2

    def spring(name: str) -> str:
        return json.loads(invocation.run("explain", name, "--json").stdout)["clock_changes"][0]["effect"]

    instead = "runs once at 03:00 +02:00 instead of 02:30"
    assert spring("window") == f"{instead}; dispatched that day at 04:{run.dispatch:%M:%S} +02:00"
    assert spring("kept-off") == f"{instead}; no runs that day"
    assert spring("often") == "02:00 is left out; 23 runs that day"


def test_an_interval_is_explained_by_name() -> None:
    every = job("every", Every(timedelta(hours=7), "Europe/Berlin"))
    found = json.loads(MadeJobs(BEFORE, every).run("explain", "every", "-n", "1", "--json").stdout)

    assert (found["cron"], found["job"]) == (None, "every")
    assert {change["effect"] for change in found["clock_changes"]} == {"not affected: it counts elapsed time"}
