"""`scheduler load`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run

HERD = "".join(f'  night-{number}: {{cron: "0 2 * * *", task: a.b}}\n' for number in range(14))
FILE = f"""\
timezone: Europe/Berlin
jobs:
{HERD}  often: {{cron: "*/30 * * * *", task: a.b}}
  spare: {{cron: "0 2 * * *", task: a.b, enabled: false}}
"""


@pytest.fixture
def herd(schedules: Path) -> None:
    schedules.write_text(FILE)


@pytest.mark.usefixtures("herd")
def test_a_day_is_a_row_of_minutes_for_each_hour_then_the_busiest_and_the_advice(run: Run) -> None:
    lines = run("load").stdout.splitlines()

    assert lines[0] == "Fri 2026-03-27, Europe/Berlin: 15 jobs, 62 runs"
    assert lines[2] == "      :00       :10       :20       :30       :40       :50         most"
    assert lines[3] == "00:00 1.............................1.............................     1"
    assert lines[5] == "02:00 #.............................1.............................    15"
    assert lines[26].startswith("23:00 ")
    assert lines[27] == "      1-9: so many jobs in one minute; #: 10 or more"
    assert lines[29:31] == [
        "BUSIEST       JOBS  NAMES",
        "02:00 +01:00  15    night-0, night-1, night-2, night-3, night-4, night-5, night-6, night-7 and 7 more",
    ]
    assert lines[32].startswith('15 jobs start at 02:00 +01:00: "jitter: ')


@pytest.mark.usefixtures("herd")
def test_an_hour_that_is_skipped_has_no_row_and_one_that_comes_twice_has_two(run: Run) -> None:
    spring = run("load", "--day", "2026-03-29").stdout.splitlines()[3:]
    autumn = run("load", "--day", "2026-10-25").stdout.splitlines()[3:]

    assert [line.split()[:2] for line in spring[:4]] == [
        ["00:00", "+01:00"],
        ["01:00", "+01:00"],
        ["03:00", "+02:00"],
        ["04:00", "+02:00"],
    ]
    assert [line.split()[:2] for line in autumn[1:5]] == [
        ["01:00", "+02:00"],
        ["02:00", "+02:00"],
        ["02:00", "+01:00"],
        ["03:00", "+01:00"],
    ]
    assert autumn[2].endswith("  15")
    assert autumn[3].endswith("  1")


@pytest.mark.usefixtures("herd")
def test_the_day_is_that_of_another_zone_where_one_is_asked_for(run: Run) -> None:
    found = json.loads(run("load", "--day", "tomorrow", "--timezone", "Asia/Tokyo", "--json").stdout)

    assert (found["day"], found["timezone"]) == ("2026-03-28", "Asia/Tokyo")
    assert (found["from"], found["until"]) == ("2026-03-27T15:00:00Z", "2026-03-28T15:00:00Z")
    assert found["busiest"][0]["local"] == "2026-03-28T10:00:00+09:00"


@pytest.mark.usefixtures("herd")
def test_programs_get_each_minute_the_busiest_and_the_advice(run: Run) -> None:
    found = json.loads(run("load", "--json").stdout)

    assert (found["jobs"], found["runs"], len(found["minutes"])) == (15, 62, 48)
    night = {"minute": "2026-03-27T01:00:00Z", "local": "2026-03-27T02:00:00+01:00", "jobs": 15}
    assert found["minutes"][4] == night
    names = [*(f"night-{number}" for number in range(14)), "often"]
    assert found["busiest"] == [{**night, "names": names}]
    assert found["jitter"].keys() == {*night, "jitter", "names", "leaves"}
    assert found["jitter"]["leaves"] < 15


def test_a_job_counts_once_in_a_minute_and_with_each_of_its_runs(run: Run, schedules: Path) -> None:
    schedules.write_text("jobs: {busy: {every: 1s, task: a.b}}")

    found = json.loads(run("load", "--json").stdout)

    assert found["runs"] == 86_400
    assert {minute["jobs"] for minute in found["minutes"]} == {1}
    assert (found["busiest"], found["jitter"]) == ([], None)


def test_a_file_without_jobs_is_an_empty_day(run: Run, schedules: Path) -> None:
    schedules.write_text("jobs: {}")

    result = run("load")

    assert result.stdout.startswith("Fri 2026-03-27, UTC: no jobs, no runs\n")
    assert "busiest" not in result.stdout.lower()


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "0001-01-01", "9999-01-01", "1", ""])
def test_what_is_no_day_is_refused(run: Run, text: str) -> None:
    result = run("load", "--day", text)

    assert f'"{text}" is not a day, expected "today", "tomorrow" or a date such as "2026-03-30"' in result.stderr
    assert result.exit_code == 2


def test_an_unknown_zone_gets_the_one_that_could_be_meant(run: Run) -> None:
    assert '"Europe/Berlin"' in run("load", "--timezone", "Europe/Berln").stderr
