"""`scheduler calendar`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run


def test_the_present_month_is_shown_and_today_is_marked(run: Run) -> None:
    lines = run("calendar").stdout.splitlines()

    assert lines[0] == "March 2026, Europe/Berlin: 2 jobs, 526 runs"
    assert any(" [27] " in line for line in lines)


def test_jobs_of_one_zone_are_shown_in_it_and_others_in_the_files(run: Run) -> None:
    assert run("calendar", "tidy").stdout.startswith("March 2026, UTC: 1 job, 496 runs\n")
    assert run("calendar", "tidy", "daily-sales").stdout.startswith("March 2026, Europe/Berlin: 2 jobs")


def test_a_month_can_be_chosen(run: Run) -> None:
    result = run("calendar", "daily-sales", "--month", "2028-02")

    assert result.stdout.startswith("February 2028, Europe/Berlin: 1 job, 29 runs\n")
    assert "[" not in result.stdout


def test_a_disabled_job_is_counted_only_by_name(run: Run) -> None:
    assert json.loads(run("calendar", "--json").stdout)["jobs"] == ["daily-sales", "tidy"]
    assert run("calendar", "train").stdout.startswith("March 2026, Europe/Berlin: 1 job, 5 runs\n")


def test_programs_get_each_day(run: Run) -> None:
    found = json.loads(run("calendar", "daily-sales", "--json").stdout)

    days = found.pop("days")
    assert found == {
        "month": "2026-03",
        "timezone": "Europe/Berlin",
        "today": "2026-03-27",
        "jobs": ["daily-sales"],
        "runs": 31,
    }
    assert len(days) == 31
    assert days[0] == {"date": "2026-03-01", "runs": 1, "skipped": 0, "moved": 0, "names": []}


def test_a_file_without_jobs_is_an_empty_month(run: Run, schedules: Path) -> None:
    schedules.write_text("jobs: {}")

    assert run("calendar").stdout.startswith("March 2026, UTC: no jobs, no runs\n")


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "26-01", "0001-01", "9999-12", "december", ""])
def test_what_is_no_month_is_refused(run: Run, text: str) -> None:
    result = run("calendar", "--month", text)

    assert f'"{text}" is not a month, expected one such as "2026-12"' in result.stderr
    assert result.exit_code == 2


def test_an_unknown_job_gets_the_name_that_could_be_meant(run: Run) -> None:
    assert 'has no job "tidi" (did you mean "tidy"?)' in run("calendar", "tidi").stderr
