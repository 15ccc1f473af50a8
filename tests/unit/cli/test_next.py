"""`scheduler next`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run


def rows(text: str) -> list[list[str]]:
    """Return the cells of aligned text without its titles."""
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()[1:]]


def test_all_enabled_jobs_make_one_line_of_time(run: Run) -> None:
    assert rows(run("next", "-n", "3", now="2026-03-28T04:00:00+00:00").stdout) == [
        ["Sat 2026-03-28 04:30 +00:00", "in 30 min", "tidy", "UTC", "-"],
        ["Sat 2026-03-28 07:00 +01:00", "in 2 h", "daily-sales", "Europe/Berlin", "-"],
        ["Sat 2026-03-28 06:00 +00:00", "in 2 h", "tidy", "UTC", "-"],
    ]


def test_five_are_shown_where_no_number_is_asked_for(run: Run) -> None:
    assert len(rows(run("next").stdout)) == 5


def test_a_change_of_the_clocks_between_two_runs_is_marked(run: Run) -> None:
    assert run("next", "daily-sales", "-n", "3").stdout == (
        "TIME                         FROM NOW     JOB          TIMEZONE       NOMINAL\n"
        "Sat 2026-03-28 07:00 +01:00  in 18 h      daily-sales  Europe/Berlin  -\n"
        "# Europe/Berlin: clocks go forward 1 h, from +01:00 to +02:00\n"
        "Sun 2026-03-29 07:00 +02:00  in 1 d 17 h  daily-sales  Europe/Berlin  -\n"
        "Mon 2026-03-30 07:00 +02:00  in 2 d 17 h  daily-sales  Europe/Berlin  -\n"
    )


def test_the_autumn_change_goes_back(run: Run) -> None:
    result = run("next", "daily-sales", "-n", "2", "--from", "2026-10-24T05:00")

    assert "# Europe/Berlin: clocks go back 1 h, from +02:00 to +01:00" in result.stdout


def test_a_window_holds_both_of_its_ends(run: Run) -> None:
    result = run("next", "daily-sales", "--from", "2026-03-28T07:00", "--until", "2026-03-30T07:00", "--json")

    assert [item["dispatch"] for item in json.loads(result.stdout)["runs"]] == [
        "2026-03-28T06:00:00Z",
        "2026-03-29T05:00:00Z",
        "2026-03-30T05:00:00Z",
    ]


@pytest.mark.parametrize("option", ["--from", "--until"])
def test_a_time_that_is_empty_is_not_one_that_is_left_out(run: Run, option: str) -> None:
    result = run("next", option, "")

    assert result.exit_code == 2
    assert f'Invalid value for {option}: "" is not a time' in result.stderr


def test_a_window_shows_all_it_holds_and_not_five(run: Run) -> None:
    assert len(rows(run("next", "tidy", "--until", "24h").stdout)) == 16


def test_a_window_that_is_cut_says_so(run: Run) -> None:
    result = run("next", "tidy", "--until", "24h", "-n", "10")

    assert len(rows(result.stdout)) == 10
    assert result.stderr == "Cut after 10 runs: there are more until 24h. Ask for more with -n.\n"


def test_a_window_is_cut_after_a_thousand_runs(run: Run, schedules: Path) -> None:
    schedules.write_text("jobs: {busy: {every: 1s, task: a.b}}")

    result = run("next", "--until", "1h", "--json")
    found = json.loads(result.stdout)

    assert len(found["runs"]) == 1000
    assert found["cut"] is True
    assert "Cut after 1,000 runs" in result.stderr


def test_seconds_are_shown_where_a_schedule_has_them(run: Run, schedules: Path) -> None:
    schedules.write_text("jobs: {busy: {every: 45s, task: a.b}}")

    assert [row[0] for row in rows(run("next", "-n", "2").stdout)] == [
        "Fri 2026-03-27 12:00:45 +00:00",
        "Fri 2026-03-27 12:01:30 +00:00",
    ]


def test_programs_get_utc_and_the_zones_own_time(run: Run) -> None:
    found = json.loads(run("next", "daily-sales", "-n", "1", "--json").stdout)

    assert found == {
        "now": "2026-03-27T12:00:00Z",
        "from": "2026-03-27T12:00:00Z",
        "until": None,
        "cut": False,
        "runs": [
            {
                "job": "daily-sales",
                "occurrence": "2026-03-28T06:00:00Z",
                "dispatch": "2026-03-28T06:00:00Z",
                "local": "2026-03-28T07:00:00+01:00",
                "timezone": "Europe/Berlin",
                "in_seconds": 64800.0,
                "moved_from": None,
            }
        ],
        "skipped": [],
        "clock_changes": [],
    }


def test_a_disabled_job_is_shown_only_by_name_and_with_a_remark(run: Run) -> None:
    assert "train" not in run("next", "-n", "100").stdout

    named = run("next", "train", "-n", "1")

    assert "train" in named.stdout
    assert named.stderr == "train is disabled: it does not run until the file says `enabled: true`.\n"


def test_an_unknown_job_gets_the_name_that_could_be_meant(run: Run, schedules: Path) -> None:
    result = run("next", "dayly-sales")

    assert f'{schedules} has no job "dayly-sales" (did you mean "daily-sales"?)' in result.stderr
    assert result.exit_code == 2


def test_a_window_without_runs_says_so(run: Run) -> None:
    result = run("next", "--from", "2026-03-28T05:01", "--until", "2026-03-28T05:02")

    assert result.stdout == ""
    assert result.stderr == "No job runs in this time.\n"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--from", "tomorrow"), id="from"),
        pytest.param(("--until", "2026-02-30"), id="until"),
        pytest.param(("-n", "0"), id="none"),
        pytest.param(("-n", "-5"), id="negative"),
        pytest.param(("-n", "five"), id="no-number"),
        pytest.param(("--timezone", "UTC"), id="unknown-option"),
    ],
)
def test_a_command_line_that_cannot_be_understood_exits_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    result = run("next", *arguments)

    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_missing_file_is_an_error_with_its_name(run: Run, tmp_path: Path) -> None:
    result = run("next", "--file", str(tmp_path / "none.yaml"))

    assert result.stderr.startswith(f"Error: {tmp_path / 'none.yaml'}: ")
    assert result.exit_code == 1


def test_a_setting_that_cannot_be_is_an_error(run: Run) -> None:
    result = run("next", environ={"SCHEDULER_GRACE": "soon"})

    assert result.stderr.startswith('Error: SCHEDULER_GRACE: "soon" is not a duration')
    assert result.exit_code == 1
