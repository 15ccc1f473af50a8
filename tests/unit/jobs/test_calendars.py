# ruff: noqa: E501 - a row holds the whole sentence
"""`calendars:`, the keys that heed them, and what stands beside a schedule: bounds, jitter, windows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest

from scheduler.jobs import Job
from scheduler.jobs.calendars import version
from scheduler.jobs.calendars.country import Country
from scheduler.jobs.calendars.years import present_year
from scheduler.timetable import Jitter, Timetable, Window


@pytest.fixture
def job(read) -> Callable[..., Job]:
    """Load a file with a calendar and one job."""

    def job(calendars: str, lines: str, timezone: str = "Europe/Berlin") -> Job:
        text = f"timezone: {timezone}\ncalendars:\n  c: {calendars}\njobs:\n  a: {{task: x, {lines}}}\n"
        return read(text).file.jobs["a"]

    return job


def skipped(timetable: Timetable, year: int = 2026) -> dict[str, str]:
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return {skip.nominal.astimezone(UTC).date().isoformat(): skip.name for skip in timetable.skips(begin, end)}


def runs(timetable: Timetable, since: str, number: int) -> list[str]:
    begin = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return [one.dispatch.isoformat()[:16] for one in islice(timetable.due(begin, begin + timedelta(days=800)), number)]


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


def test_a_job_has_the_calendars_and_the_jitter_of_defaults_unless_it_says_otherwise(read) -> None:
    text = """
calendars: {w: {weekends: true}, d: {dates: [2026-03-04]}}
defaults: {skip_on: w, jitter: 10m}
jobs:
  plain: {cron: "0 12 * * *", task: x}
  other: {cron: "0 12 * * *", skip_on: [d], jitter: 5m, task: x}
  none: {cron: "0 12 * * *", skip_on: [], jitter: 0s, task: x}
  zero: {cron: "0 12 * * *", skip_on: [], jitter: 0, task: x}
  window: {cron: "0 12 * * *", window: "02:00-04:00", task: x}
  only: {cron: "0 12 * * *", only_on: [w, d], task: x}
"""
    loaded = read(text)
    found = {name: job.timetable for name, job in loaded.file.jobs.items()}

    assert loaded.warnings == ()
    assert {name: timetable.spread for name, timetable in found.items()} == {
        "plain": Jitter(timedelta(minutes=10), "plain"),
        "other": Jitter(timedelta(minutes=5), "other"),
        "none": None,
        "zero": None,
        "window": Window(time(2), time(4), "window"),
        "only": Jitter(timedelta(minutes=10), "only"),
    }
    assert "2026-03-01" in skipped(found["plain"])
    assert list(skipped(found["other"])) == ["2026-03-04"]
    assert found["none"].days is None
    assert found["plain"].days is found["window"].days
    # Of the weekends that it is to run on, the default takes each away.
    assert [run[:10] for run in runs(found["only"], "2026-03-01", 9)] == ["2026-03-04"]


def test_a_seed_serves_the_jitter_of_defaults(read) -> None:
    loaded = read("defaults: {jitter: 10m}\njobs: {a: {every: 1h, seed: b, task: x}}")

    assert loaded.warnings == ()
    assert loaded.file.jobs["a"].timetable.spread == Jitter(timedelta(minutes=10), "b")


@pytest.mark.parametrize(
    ("defaults", "expected"),
    [
        pytest.param("{jitter: 10m}", '2:19: a.every: the jitter 10m reaches the next run (it is that of defaults), expected less than 1m, the shortest time between two, or "jitter: 0s" here', id="jitter too long"),
        pytest.param("{jitter: soon}", '1:20: defaults.jitter: "soon" is not a duration', id="no jitter"),
        pytest.param("{skip_on: x}", '1:21: defaults.skip_on: there is no calendar "x"', id="unknown calendar"),
        pytest.param("{skip_on: [x]}", '1:22: defaults.skip_on[0]: there is no calendar "x"', id="in a list"),
        pytest.param("{skip_on: 5}", "1:21: defaults.skip_on: 5 is not the name", id="a number"),
        pytest.param("{skip_on: '${X}'}", '1:21: defaults.skip_on: there is no calendar "y"', id="by a reference"),
        pytest.param("{window: 02:00-04:00}", '1:12: defaults.window: the key "window" is not known', id="no window"),
    ],
)  # fmt: skip
def test_a_default_that_does_not_fit_is_said_once(problems, defaults: str, expected: str) -> None:
    (found,) = problems(f"defaults: {defaults}\njobs: {{a: {{every: 1m, task: x}}}}\n", X="y")

    assert found.startswith(f"schedules.yaml:{expected}")


def test_equal_calendars_share_one_timetable(read) -> None:
    lines = "".join(f"  j{number}: {{cron: '@daily', skip_on: c, task: x}}\n" for number in range(3))

    jobs = read(f"calendars: {{c: {{country: DE}}}}\njobs:\n{lines}").file.jobs

    assert len({id(job.timetable) for job in jobs.values()}) == 1


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
