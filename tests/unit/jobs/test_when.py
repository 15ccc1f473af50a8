"""The keys that say when a job runs, beyond a plain `cron` or `every`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.jobs import Job
from scheduler.jobs.load import load
from scheduler.timetable import Dst, Fold, Gap

JOB = "jobs:\n  a:\n    task: x\n    {}\n"


def job(read, lines: str, top: str = "") -> Job:
    return read(f"{top}\n{JOB.format(lines)}").file.jobs["a"]


def first(job: Job, since: str) -> str:
    coming = job.timetable.next(datetime.fromisoformat(since))
    assert coming is not None
    return coming.nominal.isoformat()


@pytest.mark.parametrize(
    ("top", "own", "expected"),
    [
        pytest.param("", "", "2026-03-29T01:00:00+00:00", id="Debian's"),
        pytest.param("", "dst: {gap: shift}", "2026-03-29T01:30:00+00:00", id="the job's"),
        pytest.param("dst: {gap: skip}", "", "2026-03-30T00:30:00+00:00", id="the file's"),
        pytest.param("dst: {gap: skip}", "dst: {gap: shift}", "2026-03-29T01:30:00+00:00", id="the job's wins"),
        pytest.param("dst: {gap: skip}", "dst: {fold: both}", "2026-03-30T00:30:00+00:00", id="key by key"),
    ],
)
def test_a_job_follows_its_rule_for_clock_changes_else_the_file_s(read, top: str, own: str, expected: str) -> None:
    found = job(read, f'cron: "30 2 * * *"\n    {own}', f"timezone: Europe/Berlin\n{top}")

    assert first(found, "2026-03-28T12:00:00+00:00") == expected


def test_both_keys_of_dst_reach_the_schedule(read) -> None:
    found = job(read, 'cron: "30 2 * * *"\n    dst: {fold: both}', "dst: {gap: shift, fold: second}")

    assert found.timetable.schedule.dst == Dst(Gap.SHIFT, Fold.BOTH)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("dst: {gap: run}", "5:16: a.dst.gap: run is not known", id="unknown gap"),
        pytest.param("dst: {fold: secnd}", '5:17: a.dst.fold: secnd is not known (did you mean "second"?)', id="typo"),
        pytest.param("dst: {gaps: skip}", '5:11: a.dst.gaps: the key "gaps" is not known', id="unknown key"),
        pytest.param("dst: skip", "5:10: a.dst: skip is not a mapping", id="a word"),
        pytest.param("dst: []", "5:10: a.dst: a list is not a mapping", id="a list"),
        pytest.param("dst:", "5:5: a.dst: it has no value", id="no value"),
        pytest.param("dst: {gap: null}", "5:16: a.dst.gap: null is not known", id="null"),
        pytest.param("seed: 5", '5:11: a.seed: 5 is not text, expected quotes around it: "5"', id="number as seed"),
        pytest.param('seed: ""', "5:11: a.seed: it is empty", id="empty seed"),
        pytest.param("seed: [a]", "5:11: a.seed: a list is not text", id="list as seed"),
        pytest.param("seed: ${NONE}", "5:11: a.seed: the variable NONE is not set", id="missing variable"),
    ],
)
def test_a_bad_dst_or_seed_is_said_at_its_place(problems, line: str, words: str) -> None:
    assert any(f":{words}" in found for found in problems(JOB.format(f'cron: "H 2 * * *"\n    {line}')))


def test_a_bad_dst_of_the_file_is_said_once(problems) -> None:
    text = "dst: {gap: never}\njobs: {a: {every: 1m, task: x}, b: {every: 1m, task: x}}"

    assert problems(text) == [
        "schedules.yaml:1:12: dst.gap: never is not known, expected one of run-after, skip, shift",
    ]
    assert problems("dst: skip\njobs: {}") == ["schedules.yaml:1:1: dst: it is skip, expected keys such as gap, fold"]


def test_the_name_of_a_job_places_its_slot_and_a_seed_keeps_it(read) -> None:
    jobs = read("""\
jobs:
  old: {cron: "H H * * *", task: x}
  new: {cron: "H H * * *", task: x}
  renamed: {cron: "H H * * *", seed: old, task: x}
""").file.jobs

    assert jobs["old"].timetable is jobs["renamed"].timetable
    assert jobs["old"].timetable != jobs["new"].timetable
    assert jobs["old"].when == "H H * * *"


def test_equal_schedules_share_a_timetable_unless_dst_or_seed_matter(read) -> None:
    jobs = read("""\
dst: {gap: shift}
jobs:
  a: {cron: "1 2 * * *", task: x}
  b: {cron: "1 2 * * *", dst: {gap: shift}, task: x}
  c: {cron: "1 2 * * *", dst: {gap: skip}, task: x}
  d: {every: 1h, task: x}
  e: {every: 1h, dst: {gap: skip}, task: x}
""").file.jobs

    assert jobs["a"].timetable is jobs["b"].timetable
    assert jobs["a"].timetable != jobs["c"].timetable
    assert jobs["d"].timetable is jobs["e"].timetable


@pytest.mark.parametrize(
    "when", [pytest.param('cron: "5 2 * * thu"', id="no H"), pytest.param("every: 5m", id="every")]
)
def test_a_seed_that_places_nothing_is_a_warning(read, when: str) -> None:
    (warning,) = read(JOB.format(f"{when}\n    seed: b")).warnings

    assert (warning.line, warning.column, warning.where) == (5, 5, "a.seed")
    assert (warning.what, warning.expected) == ("it places nothing", 'an "H" in cron, jitter or a window')


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


NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)


def noted(read, tmp_path: Path, lines: str) -> list[str]:
    read(f"timezone: Europe/Berlin\n{JOB.format(lines)}")
    loaded = load(tmp_path / "schedules.yaml", {}, max_bytes=10_000, now=NOW)
    return [warning.what for warning in loaded.warnings]


@pytest.mark.parametrize(
    ("lines", "instead"),
    [
        pytest.param('cron: "30 2 * * *"', "03:00 +0200", id="right after"),
        pytest.param('cron: "15,45 2 * * sun"', "03:00 +0200", id="several"),
        pytest.param('cron: "30 2 * * *"\n    timezone: America/New_York', "03:00 -0400", id="its own zone"),
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


def test_a_job_that_never_runs_again_is_a_warning(read, tmp_path: Path) -> None:
    assert noted(read, tmp_path, 'cron: "0 7 * * *"\n    ends: 2026-11-23') == ["it never runs again"]
    assert noted(read, tmp_path, "at: 2020-01-01T00:00") == ['"2020-01-01T00:00" is past']
