"""`dst` and `seed`: what becomes of a time that the clocks skip or show twice, and what places an `H`."""

import pytest

from scheduler.timetable import Dst, Fold, Gap
from tests.unit.jobs.one_job import JOB, first, job


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
