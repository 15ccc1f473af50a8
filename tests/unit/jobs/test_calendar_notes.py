"""What a check warns of in calendars, and in jobs that heed them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.jobs.calendars.years import years
from scheduler.jobs.load import load
from scheduler.timetable.schedule import INSTANT

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def warnings(tmp_path: Path, calendars: str, lines: str, top: str = "", now: datetime = NOW) -> list[str]:
    path = tmp_path / "schedules.yaml"
    path.write_text(f"{top}\ncalendars: {{{calendars}}}\njobs:\n  a: {{task: x, {lines}}}\n")
    found = load(path, {}, max_bytes=10_000, now=now).warnings
    assert load(path, {}, max_bytes=10_000).warnings == ()
    return [str(warning).removeprefix(f"{tmp_path}/schedules.yaml:") for warning in found]


def test_a_calendar_that_no_job_heeds_is_noted_at_its_name(tmp_path: Path) -> None:
    assert warnings(tmp_path, "c: {country: DE}, d: {weekends: true}", "every: 1h, skip_on: d") == [
        "2:13: calendars.c: no job heeds it, expected skip_on: c or only_on: c in a job",
    ]


@pytest.mark.parametrize(
    ("lines", "top"),
    [
        pytest.param("every: 1h, skip_on: c", "", id="skip_on"),
        pytest.param("every: 1h, only_on: [c]", "", id="only_on"),
        pytest.param("every: 1h, skip_on: []", "defaults: {skip_on: c}", id="defaults"),
    ],
)
def test_a_calendar_that_is_heeded_is_not_noted(tmp_path: Path, lines: str, top: str) -> None:
    assert warnings(tmp_path, "c: {country: DE}", lines, top) == []


@pytest.mark.parametrize(
    ("calendar", "is_past"),
    [
        pytest.param("{dates: [2026-11-22, 2026-11-23]}", True, id="the last was yesterday"),
        pytest.param("{dates: [2026-11-24]}", False, id="the last is today"),
        pytest.param("{dates: [11-23]}", False, id="each year"),
        pytest.param("{dates: [2026-11-23], weekends: true}", False, id="weekends go on"),
    ],
)
def test_days_that_are_all_past_are_noted(tmp_path: Path, calendar: str, is_past: bool) -> None:
    expected = ["2:13: calendars.c: its last day, 2026-11-23, is past, expected a day to come"] if is_past else []

    assert warnings(tmp_path, f"c: {calendar}", "every: 1h, skip_on: c") == expected


def test_the_last_year_that_is_worked_out_is_noted_once(tmp_path: Path) -> None:
    last = years()[-1]
    before, during = (
        warnings(tmp_path, "c: {country: DE}, d: {country: AT}", "every: 1h, skip_on: [c, d]", now=now)
        for now in (datetime(last, 1, 1, tzinfo=UTC) - INSTANT, datetime(last, 1, 1, tzinfo=UTC))
    )

    assert before == []
    (noted,) = during
    assert noted.startswith(f"2:1: calendars: holidays and other days of each year are worked out up to {last} only")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("every: 1h, only_on: c", "a time on a day on which its calendars let it run", id="no day to come"),
        pytest.param("cron: '0 7 * * sun', skip_on: w", "a time on a day on which its calendars let it run", id="none"),
        pytest.param("at: 2026-11-29T07:00, skip_on: w", "a time on a day on which its calendars let it run", id="at"),
        pytest.param("every: 1h, ends: 2026-11-23", "an end that is to come, or no such job", id="past its end"),
        pytest.param("cron: '0 7 * 3 *', starts: 2026-12-01, ends: 2027-02-01", "a time to come", id="between bounds"),
    ],
)
def test_a_job_that_never_runs_again_is_noted_with_what_keeps_it(tmp_path: Path, lines: str, expected: str) -> None:
    found = warnings(tmp_path, "c: {dates: [2026-11-01]}, w: {weekends: true}", lines)

    (noted,) = [one for one in found if "never runs again" in one]
    assert noted.endswith(f"it never runs again, expected {expected}")


def test_who_says_for_the_whole_file_what_a_gap_does_is_not_told_of_it(tmp_path: Path) -> None:
    zone, said = "timezone: Europe/Berlin", "dst: {gap: run-after}"
    path = tmp_path / "schedules.yaml"
    text = 'jobs: {a: {cron: "30 2 * * *", task: x}}\n'

    path.write_text(f"{zone}\n{text}")
    assert len(load(path, {}, max_bytes=10_000, now=NOW).warnings) == 1
    path.write_text(f"{zone}\n{said}\n{text}")
    assert load(path, {}, max_bytes=10_000, now=NOW).warnings == ()
