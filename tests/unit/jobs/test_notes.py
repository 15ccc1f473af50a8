"""What is right in a schedule, but may not be what was meant."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.jobs.load import load
from tests.unit.jobs.one_job import JOB

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


def noted(read, tmp_path: Path, lines: str) -> list[str]:
    read(f"timezone: Europe/Berlin\n{JOB.format(lines)}")
    loaded = load(tmp_path / "schedules.yaml", {}, max_bytes=10_000, now=NOW)
    return [warning.what for warning in loaded.warnings]


@pytest.mark.parametrize(
    ("lines", "instead"),
    [
        pytest.param('cron: "30 2 * * *"', "03:00 +02:00", id="right after"),
        pytest.param('cron: "15,45 2 * * sun"', "03:00 +02:00", id="several"),
        pytest.param('cron: "30 2 * * *"\n    timezone: America/New_York', "03:00 -04:00", id="its own zone"),
    ],
)
def test_a_time_that_the_clocks_skip_is_a_warning(read, tmp_path: Path, lines: str, instead: str) -> None:
    day = "2027-03-14" if "New_York" in lines else "2027-03-28"

    assert noted(read, tmp_path, lines) == [f"the clocks skip its time on {day}: it runs at {instead} instead"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param('cron: "30 2 * * *"\n    dst: {gap: run-after}', id="said to be meant"),
        pytest.param('cron: "30 2 * * *"\n    dst: {gap: shift}', id="another rule"),
        pytest.param('cron: "30 3 * * *"', id="not in the gap"),
        pytest.param('cron: "30 2 * * mon"', id="not on the day"),
        pytest.param('cron: "*/15 * * * *"', id="follows the clock"),
        pytest.param('cron: "30 2 * * *"\n    timezone: UTC', id="a zone without changes"),
        pytest.param("every: 15m", id="an interval"),
    ],
)
def test_a_time_that_no_clock_skips_is_no_warning(read, tmp_path: Path, lines: str) -> None:
    assert noted(read, tmp_path, lines) == []


@pytest.mark.parametrize("lines", ["at: 2027-03-28T02:30", "at: [2027-01-01T00:00, 2027-03-28T02:30]"])
def test_one_time_that_the_clocks_skip_is_a_warning(read, tmp_path: Path, lines: str) -> None:
    expected = ['the clocks skip "2027-03-28T02:30": it runs at 03:00 +02:00 instead']
    assert noted(read, tmp_path, lines) == expected
    assert noted(read, tmp_path, f"{lines}\n    dst: {{gap: run-after}}") == []


@pytest.mark.parametrize("at", ["2027-03-28T02:30Z", "2027-03-28T03:30", "2027-10-31T02:30"])
def test_one_time_that_the_clocks_show_is_no_warning(read, tmp_path: Path, at: str) -> None:
    assert noted(read, tmp_path, f"at: {at}") == []


def test_a_job_that_never_runs_again_is_a_warning(read, tmp_path: Path) -> None:
    assert noted(read, tmp_path, 'cron: "0 7 * * *"\n    ends: 2026-11-23') == ["it never runs again"]
    assert noted(read, tmp_path, "at: 2020-01-01T00:00") == ['"2020-01-01T00:00" is past']
