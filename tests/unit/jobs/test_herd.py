"""The warnings of many jobs at one moment."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest

from scheduler.jobs import Job
from scheduler.jobs.findings import Findings
from scheduler.jobs.herd import note_herds
from scheduler.jobs.job import TaskCall
from scheduler.jobs.load import load
from scheduler.timetable import Cron, Every, Jitter, Schedule, Timetable

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)
CROWD = 101


def jobs(number: int, schedule: Schedule, name: str = "job", *, enabled: bool = True) -> list[Job]:
    timetable = Timetable(schedule)
    call, zone = TaskCall(name="a.b"), timetable.timezone
    return [
        Job(name=f"{name}-{one}", timetable=timetable, when="", timezone=zone, kind="task", call=call, enabled=enabled)
        for one in range(number)
    ]


def warnings(found: Sequence[Job]) -> list[str]:
    findings = Findings(Path("schedules.yaml"))
    note_herds(found, NOW, findings)
    assert not findings.problems
    return [str(warning) for warning in findings.sorted_warnings()]


def test_more_than_a_hundred_jobs_in_one_minute_are_noted_once_with_their_number() -> None:
    (warning,) = warnings(jobs(CROWD, Cron("30 2 * * *", "Europe/Berlin")))

    assert warning == (
        "schedules.yaml: jobs: 101 jobs run in one minute, 2026-03-28T02:30+01:00 (job-0, job-1, job-2 and 98 more), "
        'expected at most 100: spread them with "jitter: 30m", or with "H" in cron'
    )


def test_a_hundred_jobs_in_one_minute_are_not_many() -> None:
    assert warnings(jobs(CROWD - 1, Cron("30 2 * * *"))) == []


def test_the_fullest_minute_is_the_one_that_is_noted() -> None:
    (warning,) = warnings([*jobs(150, Cron("30 2 * * *")), *jobs(CROWD, Cron("*/30 2,4 * * *"), "often")])

    assert "251 jobs run in one minute, 2026-03-28T02:30+00:00" in warning


def test_jobs_whose_next_run_is_further_than_a_day_away_are_not_counted() -> None:
    assert warnings(jobs(CROWD, Cron("30 2 1 * *"))) == []


@pytest.mark.parametrize(
    "spread",
    [
        pytest.param(
            [
                one.model_copy(
                    update={"timetable": replace(one.timetable, spread=Jitter(timedelta(minutes=30), one.name))}
                )
                for one in jobs(CROWD, Cron("0 0 * * *"))
            ],
            id="jitter",
        ),
        pytest.param(jobs(CROWD, Cron("0 0 * * *"), enabled=False), id="disabled"),
        pytest.param([jobs(1, Cron("H H * * *", seed=f"{one}"))[0] for one in range(CROWD)], id="hashed"),
    ],
)
def test_jobs_that_are_spread_or_disabled_are_no_herd(spread: list[Job]) -> None:
    assert warnings(spread) == []


@pytest.mark.parametrize("expression", ["0 0 * * *", "@daily", "@midnight", "00 00 * * *", "0 0 * * mon-fri"])
def test_ten_jobs_at_midnight_are_noted(expression: str) -> None:
    (warning,) = warnings(jobs(10, Cron(expression, "Europe/Berlin")))

    assert warning == (
        "schedules.yaml: jobs: 10 jobs run at exactly 00:00 Europe/Berlin (job-0, job-1, job-2 and 7 more), "
        'expected "jitter: 30m" on them, or times of their own as from "H H * * *"'
    )


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(jobs(9, Cron("@daily")), id="nine"),
        pytest.param([*jobs(9, Cron("@daily")), *jobs(9, Cron("@daily", "Asia/Tokyo"), "x")], id="two-zones"),
        pytest.param(jobs(10, Cron("1 0 * * *")), id="a-minute-later"),
        pytest.param(jobs(10, Cron("@hourly")), id="hourly"),
        pytest.param(jobs(10, Cron("0 0,12 * * *")), id="noon-too"),
        pytest.param(jobs(10, Every(timedelta(days=1))), id="interval"),
    ],
)
def test_what_is_not_the_midnight_herd(found: list[Job]) -> None:
    assert warnings(found) == []


def test_a_crowd_at_midnight_is_noted_once() -> None:
    (warning,) = warnings(jobs(CROWD, Cron("@daily")))

    assert "in one minute" in warning


def test_a_crowd_elsewhere_does_not_hide_the_herd_at_midnight() -> None:
    assert len(warnings([*jobs(CROWD, Cron("0 2 * * *")), *jobs(10, Cron("@daily"), "midnight")])) == 2


def each_second() -> list[Job]:
    return jobs(10_000, Every(timedelta(seconds=1)))


def anchors_of_their_own() -> list[Job]:
    return [jobs(1, Every(timedelta(seconds=1), anchor=NOW + timedelta(seconds=one)))[0] for one in range(10_000)]


def seeds_of_their_own() -> list[Job]:
    return [jobs(1, Cron("H/5 * * * *", seed=f"{one}"))[0] for one in range(10_000)]


@pytest.mark.parametrize("ten_thousand", [each_second, anchors_of_their_own, seeds_of_their_own])
def test_ten_thousand_jobs_take_less_than_reading_them(ten_thousand: Callable[[], list[Job]]) -> None:
    found = ten_thousand()
    start = process_time()
    warnings(found)

    # Going through every minute of every job's day takes ten times as long; this takes half a second.
    assert process_time() - start < 5


def test_only_a_check_notes_herds(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text("jobs:\n" + "".join(f'  j{one}: {{cron: "@daily", task: a.b}}\n' for one in range(10)))

    assert load(path, {}, max_bytes=10_000).warnings == ()
    (warning,) = load(path, {}, max_bytes=10_000, now=NOW).warnings
    assert (warning.line, warning.where) == (None, "jobs")
    assert warning.what.startswith("10 jobs run at exactly 00:00 UTC")
