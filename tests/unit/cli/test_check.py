"""`scheduler check`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run

BROKEN = """\
jobs:
  nightly:
    cron: "61 3 * * *"
    task: a.b
  weekly:
    cron: "0 3 * * mon"
    taks: a.b
"""
WARNED = """\
jobs:
  nightly:
    cron: "0 3 * * *"
    report:
      database: ${NOWHERE_URL}
      query: SELECT 1
      deliver: [{file: a.csv}]
"""


def test_a_good_file_is_one_line_and_success(run: Run, schedules: Path) -> None:
    result = run("check", str(schedules))

    assert result.output == f"{schedules}: 3 jobs, no problems\n"
    assert result.exit_code == 0


def test_without_a_name_the_file_of_the_setting_is_checked(run: Run, schedules: Path) -> None:
    assert run("check").output == f"{schedules}: 3 jobs, no problems\n"


def test_every_problem_is_said_with_its_place(run: Run, schedules: Path) -> None:
    schedules.write_text(BROKEN)

    result = run("check")

    places = [line.split(": ")[0] for line in result.stdout.splitlines()]
    assert f"{schedules}:3:11" in places
    assert any(place.startswith(f"{schedules}:7:") for place in places)
    assert result.stdout.splitlines()[-1].startswith(f"{schedules}: ")
    assert "problems" in result.stdout.splitlines()[-1]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code"), [pytest.param((), 0, id="plain"), pytest.param(("--strict",), 1, id="strict")]
)
def test_a_warning_fails_only_a_strict_check(run: Run, schedules: Path, arguments: tuple[str, ...], code: int) -> None:
    schedules.write_text(WARNED)

    result = run("check", *arguments)

    first, last = result.stdout.splitlines()
    assert first.startswith(f"{schedules}:5:")
    assert ": warning: nightly.report.database: " in first
    assert "NOWHERE_URL" in first
    assert last == f"{schedules}: 1 job, no problems, 1 warning"
    assert result.exit_code == code


def test_programs_get_the_parts_of_each_problem(run: Run, schedules: Path) -> None:
    schedules.write_text(BROKEN)

    result = run("check", "--json")
    found = json.loads(result.stdout)

    assert list(found) == ["file", "ok", "jobs", "problems", "warnings"]
    assert (found["file"], found["ok"], found["jobs"]) == (str(schedules), False, None)
    first = found["problems"][0]
    assert list(first) == ["line", "column", "where", "what", "expected"]
    assert (first["line"], first["column"], first["where"]) == (3, 11, "nightly.cron")
    assert result.exit_code == 1


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_a_problem(run: Run, tmp_path: Path, name: str) -> None:
    result = run("check", str(tmp_path / name))

    assert str(tmp_path / name) in result.stdout
    assert "1 problem" in result.stdout
    assert result.exit_code == 1


def test_what_could_fool_a_terminal_is_written_out(run: Run, schedules: Path) -> None:
    schedules.write_text('jobs: {"a\\e[31m\\nb": {cron: "0 7 * * *\\e[0m", task: a.b}}\n')

    result = run("check")

    assert "\x1b" not in result.stdout
    assert all(line.startswith(str(schedules)) for line in result.stdout.splitlines())
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param('cron: "*/7 * * * *"', '4:11: warning: a.cron: minute "*/7" starts again at 0 each', id="uneven"),
        pytest.param('cron: "0 0 13 * 5"', '4:11: warning: a.cron: day-of-month "13" and day-of-week "5"', id="or"),
        pytest.param('cron: "0 0 31 * *"', '4:11: warning: a.cron: day-of-month "31" leaves out', id="short months"),
        pytest.param("every: 1d", '4:12: warning: a.every: "every: 1d" counts elapsed time', id="elapsed days"),
        pytest.param('cron: "H 3 * * *"', '4:11: warning: a.cron: the job\'s name places "H"', id="slot by name"),
        pytest.param("at: 2026-03-27T13:00", '4:9: warning: a.at: "2026-03-27T13:00" is past', id="this instant"),
        pytest.param(
            "at: [2030-01-01T00:00, 2020-01-01T00:00]",
            '4:28: warning: a.at[1]: "2020-01-01T00:00" is past',
            id="one of a list",
        ),
    ],
)
def test_what_may_not_be_meant_is_a_warning_at_the_schedule(run: Run, schedules: Path, lines: str, words: str) -> None:
    schedules.write_text(f"timezone: Europe/Berlin\njobs:\n  a:\n    {lines}\n    task: x\n")

    result = run("check")

    first, last = result.stdout.splitlines()
    assert first.startswith(f"{schedules}:{words}")
    assert last == f"{schedules}: 1 job, no problems, 1 warning"
    assert (result.exit_code, run("check", "--strict").exit_code) == (0, 1)
    # Who only reads the file is told none of it.
    assert run("list").stderr == ""


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param('cron: "*/5 7 1 * *"', id="even steps"),
        pytest.param('cron: "H 3 * * *"\n    seed: a', id="slot by seed"),
        pytest.param("every: 1d\n    timezone: UTC", id="days without summer time"),
        pytest.param("at: 2026-03-27T13:01", id="a time to come"),
    ],
)
def test_what_is_surely_meant_is_no_warning(run: Run, schedules: Path, lines: str) -> None:
    schedules.write_text(f"timezone: Europe/Berlin\njobs:\n  a:\n    {lines}\n    task: x\n")

    assert run("check", "--strict").output == f"{schedules}: 1 job, no problems\n"


def test_the_shipped_file_is_checked_without_a_warning(run: Run) -> None:
    shipped = Path(__file__).parents[3] / "schedules.yaml"

    assert run("check", str(shipped), "--strict").exit_code == 0
