# ruff: noqa: E501 - a row holds the whole sentence
"""`skip_on` and `jitter` of `defaults`."""

from datetime import time, timedelta

import pytest

from scheduler.timetable import Jitter, Window
from tests.unit.jobs.days import runs, skipped


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
