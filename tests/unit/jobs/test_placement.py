# ruff: noqa: E501 - a row holds the whole sentence
"""What stands beside a schedule: bounds, jitter, windows."""

import pytest

from tests.unit.jobs.days import runs


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param('cron: "@daily", skip_on: holidys', 'a.skip_on: there is no calendar "holidys" (did you mean "holidays"?)', id="typo"),
        pytest.param('cron: "@daily", only_on: [w, x]', 'a.only_on[1]: there is no calendar "x"', id="in a list"),
        pytest.param('cron: "@daily", only_on: []', "a.only_on: the list is empty", id="none"),
        pytest.param('cron: "@daily", skip_on: 5', "a.skip_on: 5 is not the name of a calendar", id="number"),
        pytest.param('cron: "@daily", move_to: monday', "a.move_to: monday is not known", id="no such move"),
        pytest.param('cron: "* * * * *", jitter: 1m', "a.jitter: the jitter 1m reaches the next run", id="jitter too long"),
        pytest.param("every: 1h, jitter: 2h", "a.jitter: the jitter 2h reaches the next run", id="jitter over interval"),
        pytest.param("every: 1h, jitter: soon", 'a.jitter: "soon" is not a duration', id="no duration"),
        pytest.param("every: 1h, window: 02:00-04:00", "a.window: a window is for one run a day", id="window of an interval"),
        pytest.param('cron: "0 1,2 * * *", window: 02:00-04:00', "a.window: a window is for one run a day", id="two times a day"),
        pytest.param('cron: "@daily", window: 02:00-02:00', "a.window: the window 02:00-02:00 is empty", id="empty window"),
        pytest.param('cron: "@daily", window: 2-4', 'a.window: "2-4" is not a window', id="hours"),
        pytest.param('cron: "@daily", window: 25:00-26:00', 'a.window: "25:00-26:00" is not a window', id="no such hours"),
        pytest.param('cron: "@daily", jitter: 1h, window: 02:00-04:00', "a.window: jitter and window cannot hold together", id="both"),
        pytest.param('cron: "@daily", starts: 2026-02-01, ends: 2026-01-01', "a.ends: it ends before it starts", id="backwards"),
        pytest.param('cron: "@daily", starts: later', 'a.starts: "later" is not a time', id="no time"),
        pytest.param('cron: "@daily", starts: 5', "a.starts: 5 is not a time", id="a number"),
        pytest.param('cron: "@daily", starts: [2026-01-01]', "a.starts: ['2026-01-01'] is not a time", id="a list"),
        pytest.param('cron: "@daily", ends: 9999-12-31', 'a.ends: "9999-12-31" is too far away', id="for ever"),
        pytest.param('cron: "@daily", starts: 0001-01-01T00:00', 'a.starts: "0001-01-01T00:00" is', id="since ever"),
        pytest.param('cron: "@daily", ends: 2026-02-30', 'a.ends: "2026-02-30" is not a date', id="no day"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_schedule_is_said_at_its_place(problems, lines: str, expected: str) -> None:
    top = "calendars: {holidays: {country: DE}, w: {weekends: true}}"

    (found,) = problems(f"{top}\njobs:\n  a: {{task: x, {lines}}}\n")

    assert found.startswith("schedules.yaml:3:")
    assert expected in found


def test_the_faults_of_the_schedule_are_told_beside_those_of_its_bounds(problems) -> None:
    found = problems('jobs:\n  a: {task: x, cron: "61 * * * *", starts: later, skip_on: none}\n')

    assert [line.split(": ")[1] for line in found] == ["a.cron", "a.starts", "a.skip_on"]


def test_bounds_hold_whole_days_in_the_zone_of_the_job(job) -> None:
    found = job("{weekends: true}", 'cron: "0 */12 * * *", starts: 2026-03-02, ends: 2026-03-03').timetable

    assert runs(found, "2026-01-01", 9) == [
        "2026-03-01T23:00",
        "2026-03-02T11:00",
        "2026-03-02T23:00",
        "2026-03-03T11:00",
    ]


def test_a_bound_may_be_an_instant(job) -> None:
    found = job(
        "{weekends: true}", 'cron: "0 * * * *", starts: "2026-03-02T01:00+01:00", ends: 2026-03-02T01:00'
    ).timetable

    assert runs(found, "2026-01-01", 9) == ["2026-03-02T00:00"]


def test_jitter_is_by_the_name_of_the_job_or_its_seed(job) -> None:
    plain, other = (job("{weekends: true}", f"every: 1h, jitter: 30m{more}").timetable for more in ("", ", seed: b"))

    assert runs(plain, "2026-01-01", 5) == runs(plain, "2026-01-01", 5) != runs(other, "2026-01-01", 5)


def test_a_window_takes_the_place_of_the_time_of_day(job) -> None:
    found = job("{weekends: true}", 'cron: "@daily", window: 22:00-24:00', timezone="UTC").timetable

    assert all(run[11:13] in {"22", "23"} for run in runs(found, "2026-01-01", 20))


def test_equal_calendars_share_one_timetable(read) -> None:
    lines = "".join(f"  j{number}: {{cron: '@daily', skip_on: c, task: x}}\n" for number in range(3))

    jobs = read(f"calendars: {{c: {{country: DE}}}}\njobs:\n{lines}").file.jobs

    assert len({id(job.timetable) for job in jobs.values()}) == 1
