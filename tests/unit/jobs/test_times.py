"""`at` and `anchor`: times as they are written."""

from datetime import datetime

import pytest

from tests.unit.jobs.one_job import JOB, first, job


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('"2030-06-01T12:00"', id="local, in quotes"),
        pytest.param("2030-06-01T12:00", id="local, without quotes"),
        pytest.param("2030-06-01 12:00:00", id="with a blank"),
        pytest.param("2030-06-01T10:00:00Z", id="in UTC"),
        pytest.param('["2030-06-01T12:00+02:00"]', id="a list of one"),
        pytest.param("${GO_LIVE}", id="a reference"),
        pytest.param('["${GO_LIVE}"]', id="a reference in a list"),
    ],
)
def test_a_time_without_an_offset_is_local_in_the_zone_of_the_job(read, written: str) -> None:
    text = JOB.format(f"timezone: Europe/Berlin\n    at: {written}")
    found = read(text, GO_LIVE="2030-06-01T12:00").file.jobs["a"]

    assert first(found, "2026-01-01T00:00:00+00:00") == "2030-06-01T10:00:00+00:00"
    assert found.timetable.next(datetime.fromisoformat("2030-06-01T10:00:00+00:00")) is None


def test_a_list_of_times_runs_at_each_and_says_how_many_there_are(read) -> None:
    found = job(read, "at: [2031-01-01T00:00, 2030-01-01T00:00, 2030-01-02T00:00]")

    assert found.when == "at 2031-01-01T00:00 and 2 more"
    assert first(found, "2026-01-01T00:00:00+00:00") == "2030-01-01T00:00:00+00:00"


def test_a_time_that_comes_twice_follows_dst(read) -> None:
    found = job(read, "at: 2026-10-25T02:30\n    timezone: Europe/Berlin\n    dst: {fold: both}")

    assert len(found.timetable.schedule.instants) == 2


def test_an_anchor_moves_an_interval_and_is_local_too(read) -> None:
    found = job(read, "every: 15m\n    anchor: 2026-01-01T00:07\n    timezone: Asia/Kathmandu")

    assert found.when == "every 15m from 2026-01-01T00:07"
    # 00:07 in Kathmandu, 5:45 ahead of UTC, is 18:22.
    assert first(found, "2025-12-31T12:00:00+00:00") == "2025-12-31T12:07:00+00:00"


def test_equal_times_share_a_timetable(read) -> None:
    jobs = read("""\
jobs:
  a: {at: "2030-01-01T01:00+01:00", task: x}
  b: {at: ["2030-01-01T00:00Z"], task: x}
  c: {every: 1h, anchor: "1970-01-01T00:00", task: x}
  d: {every: 1h, task: x}
""").file.jobs

    assert jobs["a"].timetable is jobs["b"].timetable
    assert jobs["c"].timetable is jobs["d"].timetable


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param("at: tomorrow", '4:9: a.at: "tomorrow" is not a time', id="a word"),
        pytest.param("at: 5", "4:9: a.at: 5 is not a time", id="a number"),
        pytest.param("at: 12:30", "4:9: a.at: 12:30 is the number 750 in YAML", id="a time of day"),
        pytest.param("at: 2030-01-01", '4:9: a.at: "2030-01-01" is not a time', id="a date"),
        pytest.param("at: 2030-02-30T00:00", '4:9: a.at: "2030-02-30T00:00" is not a time', id="30 February"),
        pytest.param("at: 9999-12-31T23:59Z", '4:9: a.at: "9999-12-31T23:59Z" is too far away', id="for ever"),
        pytest.param("at: 0001-01-01T00:00", '4:9: a.at: "0001-01-01T00:00" is too far away', id="since ever"),
        pytest.param("at: {day: 1}", "4:9: a.at: {'day': 1} is not a time", id="a mapping"),
        pytest.param("at: []", "4:9: a.at: the list is empty", id="no times"),
        pytest.param("at: [2030-01-01T00:00, soon]", '4:28: a.at[1]: "soon" is not a time', id="second of a list"),
        pytest.param("at: [2030-01-01T00:00, true]", "4:28: a.at[1]: True is not a time", id="a truth in a list"),
        pytest.param("at: [[2030-01-01T00:00]]", "4:10: a.at[0]: ['2030-01-01T00:00'] is not a time", id="nested"),
        pytest.param("at:", "4:5: a.at: it has no value", id="no value"),
        pytest.param("at: ['${NONE}']", "4:9: a.at: the variable NONE is not set", id="missing variable"),
        pytest.param(
            "at: 2026-03-29T02:30\n    timezone: Europe/Berlin\n    dst: {gap: skip}",
            '4:9: a.at: the clocks in Europe/Berlin skip "2026-03-29T02:30"',
            id="in the gap",
        ),
        pytest.param("at: 2030-01-01T00:00\n    every: 5m", "5:5: a: every and at cannot hold", id="every and at"),
        pytest.param('at: 2030-01-01T00:00\n    cron: "@daily"', "5:5: a: cron and at cannot hold", id="cron and at"),
        pytest.param("every: 5m\n    anchor: noon", '5:13: a.anchor: "noon" is not a time', id="anchor word"),
        pytest.param(
            "every: 5m\n    anchor: 9999-12-31T00:00",
            '5:13: a.anchor: "9999-12-31T00:00" is too far away, expected a year from 1900 to 9899',
            id="anchor far away",
        ),
        pytest.param("every: 5m\n    anchor: 0", "5:13: a.anchor: 0 is not a time", id="anchor number"),
        pytest.param("every: 5m\n    anchor: [a]", "5:13: a.anchor: ['a'] is not a time", id="anchor list"),
        pytest.param("every: 5m\n    anchor:", "5:5: a.anchor: it has no value", id="anchor without value"),
        pytest.param(
            'cron: "@daily"\n    anchor: 2030-01-01T00:00',
            "5:5: a.anchor: an anchor belongs to an interval, expected every: beside it",
            id="anchor without every",
        ),
    ],
)
def test_a_bad_at_or_anchor_is_said_at_its_place(problems, lines: str, words: str) -> None:
    assert any(f":{words}" in found for found in problems(JOB.format(lines)))
