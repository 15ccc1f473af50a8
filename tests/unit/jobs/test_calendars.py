# ruff: noqa: E501 - a row holds the whole sentence
"""`calendars:` as they are written, and what is wrong with them."""

from datetime import date

import pytest

from scheduler.jobs.calendars import version
from scheduler.jobs.calendars.country import Country
from scheduler.jobs.calendars.years import present_year
from tests.unit.jobs.days import skipped


def test_the_holidays_of_a_country_have_names_in_its_language(job) -> None:
    found = skipped(job("{country: DE, subdivision: BY}", 'cron: "0 12 * * *", skip_on: c').timetable)

    assert found["2026-10-03"] == "Tag der Deutschen Einheit"
    assert found["2026-06-04"] == "Fronleichnam"
    assert len(found) == 12


def test_dates_are_written_in_every_sensible_way(job) -> None:
    written = "[2026-03-01, 2026-03-02 Two, 2026-03-04..2026-03-06 Trip, 12-24, 02-29 Leap, 2026-05-05: Five]"

    found = job(f"{{dates: {written}}}", 'cron: "0 12 * * *", skip_on: c').timetable

    assert skipped(found) == {
        "2026-03-01": "c",
        "2026-03-02": "Two",
        "2026-03-04": "Trip",
        "2026-03-05": "Trip",
        "2026-03-06": "Trip",
        "2026-05-05": "Five",
        "2026-12-24": "c",
    }
    assert "2028-02-29" in skipped(found, 2028)


def test_a_day_keeps_the_name_that_it_has_from_elsewhere(job) -> None:
    written = "{country: DE, dates: [2026-12-25, 2026-12-28..2026-12-31 Shutdown, 12-31]}"

    names = skipped(job(written, 'cron: "0 12 * * *", skip_on: c').timetable)

    assert names["2026-12-25"] == "Erster Weihnachtstag"
    assert names["2026-12-31"] == "Shutdown"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("c: {country: DEU}", "", id="three letters"),
        pytest.param("c: {country: Germany}", '"Germany" is no country that is known (did you mean "DE"?)', id="name"),
        pytest.param("c: {country: de}", '"de" is no country that is known (did you mean "DE"?)', id="lower case"),
        pytest.param("c: {country: XX}", '"XX" is no country that is known', id="unknown country"),
        pytest.param("c: {country: DE, subdivision: XX}", '"XX" is no part of DE that is known', id="unknown part"),
        pytest.param("c: {subdivision: BY}", "a subdivision belongs to a country", id="part of nothing"),
        pytest.param("c: {}", "it names no days", id="nothing"),
        pytest.param("c: {weekends: false}", "it names no days", id="no weekend"),
        pytest.param("c: {country: }", "it has no value", id="no value"),
        pytest.param("c: {dates: [{2026-01-01: 5}]}", "the name of 2026-01-01 is no text", id="a number as name"),
        pytest.param("c: {dates: {2026-01-01: New Year}}", "it is no list of days", id="a mapping of days"),
        pytest.param("c: {country: '${NONE}'}", "the variable NONE is not set", id="missing variable"),
        pytest.param("c: {ics: https://example.com/a.ics}", "is not fetched", id="URL"),
        pytest.param("c: {country: utils}", '"utils" is no country', id="a name of the package"),
        pytest.param("c: {country: [DE]}", "a list is not text", id="countries"),
        pytest.param("c: DE", "it is DE", id="a word"),
        pytest.param("c: {dates: []}", "it is no list of days", id="no dates"),
        pytest.param("c: {dates: 2026-01-01}", "it is no list of days", id="no list"),
        pytest.param("c: {dates: [2026-02-30]}", '"2026-02-30" is not a day', id="no such day"),
        pytest.param("c: {dates: [9999-12-31]}", '"9999-12-31" is too far away', id="for ever"),
        pytest.param("c: {dates: [2026-01-01..2226-01-01]}", "is too far away", id="two hundred years"),
        pytest.param("c: {dates: [tomorrow]}", '"tomorrow" is not a day', id="a word as day"),
        pytest.param("c: {dates: [5]}", "5 is not a day", id="a number as day"),
        pytest.param("c: {dates: [2026-03-02..2026-03-01]}", "ends before it begins", id="backwards"),
        pytest.param("c: {dates: [2026-03-02..2036-03-01]}", "is longer than a year", id="ten years"),
        pytest.param("c: {weekends: [sat, sunny]}", "'sunny' is not a day of the week", id="no weekday"),
        pytest.param("c: {contry: DE}", 'the key "contry" is not known (did you mean "country"?)', id="typo"),
    ],
)
def test_a_calendar_that_is_wrong_is_said_at_its_place(problems, read, text: str, expected: str) -> None:
    text = f"calendars:\n  {text}\njobs: {{}}\n"
    if not expected:
        assert read(text).file.jobs == {}
        return

    (found,) = problems(text)

    assert found.startswith("schedules.yaml:2:")
    assert expected in found


def test_a_country_is_what_is_written_whatever_yaml_reads(read) -> None:
    found = read("calendars: {c: {country: NO}}\njobs: {a: {cron: '0 12 * * *', skip_on: c, task: x}}").file.jobs["a"]

    assert skipped(found.timetable)["2026-05-17"] == "Grunnlovsdag"


def test_a_calendar_takes_references(read) -> None:
    text = "calendars: {c: {country: '${LAND}', subdivision: '${PART:-BY}'}}\njobs: {a: {every: 1d, skip_on: '${WHICH}', task: x}}"

    assert "2026-06-04" in skipped(read(text, LAND="DE", WHICH="c").file.jobs["a"].timetable)


@pytest.mark.parametrize(
    ("calendar", "what"),
    [
        pytest.param("{country: UA}", "knows no holiday of UA from 20", id="none"),
        pytest.param("{ics: days.ics}", "days.ics names no day from 20", id="no event"),
    ],
)
def test_a_calendar_without_days_is_a_warning(read, tmp_path, calendar: str, what: str) -> None:
    (tmp_path / "days.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n")

    (warning,) = read(f"calendars:\n  c: {calendar}\njobs: {{}}\n").warnings

    assert what in warning.what
    assert (warning.line, warning.where) == (2, f"calendars.c.{calendar[1:].partition(':')[0]}")


def test_holidays_that_are_not_known_for_long_are_a_warning(read, monkeypatch: pytest.MonkeyPatch) -> None:
    land = Country({date(2026, 1, 1): "New Year"}, frozenset({5, 6}), present_year())
    monkeypatch.setattr("scheduler.jobs.calendars.content.country", lambda *_: land)

    (warning,) = read("calendars: {c: {country: LK}}\njobs: {}\n").warnings

    assert f"knows the holidays of LK up to {present_year()} only" in warning.what


def test_the_package_of_holidays_has_a_version() -> None:
    assert version().partition(".")[0].isdigit()
    assert date(2026, 1, 1) in __import__("holidays").country_holidays("DE", years=2026)
