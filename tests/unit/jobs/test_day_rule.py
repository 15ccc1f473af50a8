"""`skip_on`, `only_on` and `move_to`: on which days a job runs."""

import pytest

from tests.unit.jobs.days import runs


def test_a_job_can_run_only_on_weekends_and_on_days_of_several_calendars(read) -> None:
    text = """
calendars: {w: {weekends: true}, d: {dates: [2026-03-04]}}
jobs: {a: {cron: "0 12 * * *", only_on: [w, d], task: x}}
"""
    found = read(text).file.jobs["a"].timetable

    assert runs(found, "2026-03-01T13:00", 3) == ["2026-03-04T12:00", "2026-03-07T12:00", "2026-03-08T12:00"]


def test_a_run_moves_to_a_business_day_of_the_country(job) -> None:
    # In Israel, Friday and Saturday are the weekend; 1 May 2026 is a Friday.
    found = job("{country: IL}", 'cron: "0 12 1 5 *", skip_on: c, move_to: next_business_day', timezone="UTC")

    assert runs(found.timetable, "2026-01-01", 1) == ["2026-05-03T12:00"]


def test_a_move_without_a_calendar_is_off_weekends(read) -> None:
    loaded = read('jobs: {a: {cron: "0 12 28 2 *", move_to: previous_business_day, task: x}}')

    assert loaded.warnings == ()
    # 28 February 2026 is a Saturday, in 2027 it is a Sunday.
    assert runs(loaded.file.jobs["a"].timetable, "2026-01-01", 2) == ["2026-02-27T12:00", "2027-02-26T12:00"]


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        pytest.param("{country: EG}", "2026-05-03", id="that of the country"),
        pytest.param("{country: EG, weekends: true}", "2026-05-03", id="said to be that of the country"),
        pytest.param("{country: EG, dates: [2026-05-03]}", "2026-05-04", id="and a day more"),
        pytest.param("{country: EG, weekends: [sat, sun]}", "2026-05-04", id="another than the country's"),
        pytest.param("{weekends: [fri, Saturday]}", "2026-05-03", id="said"),
        pytest.param("{dates: [2026-05-01]}", "2026-05-04", id="the usual one"),
        pytest.param("{dates: [2026-05-01], weekends: false}", "2026-05-02", id="none"),
    ],
)
def test_a_business_day_is_none_of_the_weekend_that_the_calendar_names(job, calendar: str, expected: str) -> None:
    # 1 May 2026 is a Friday, and a holiday in Egypt.
    found = job(calendar, 'cron: "0 12 1 5 *", skip_on: c, move_to: next_business_day', "UTC")

    assert runs(found.timetable, "2026-01-01", 1) == [f"{expected}T12:00"]


def test_dates_beside_a_country_do_not_bring_another_weekend(read) -> None:
    text = """
calendars: {egypt: {country: EG}, shutdown: {dates: [2026-05-02]}}
jobs: {a: {cron: "0 12 1 5 *", skip_on: [egypt, shutdown], move_to: next_business_day, task: x}}
"""
    assert runs(read(text).file.jobs["a"].timetable, "2026-01-01", 1) == ["2026-05-03T12:00"]
