"""Jitter: the delay of each run."""

from datetime import UTC, datetime, timedelta

from scheduler.timetable import (
    Every,
    Jitter,
    Timetable,
)
from tests.unit.timetable.berlin import MORNING, berlin


def test_the_delay_depends_on_the_seed_and_the_occurrence_alone() -> None:
    first, again, other = (Timetable(MORNING, spread=Jitter(timedelta(hours=1), seed)) for seed in ("a", "a", "b"))
    mark, now = berlin("2026-05-01T00:00"), berlin("2026-05-20T00:00")
    assert list(first.due(mark, now)) == list(again.due(mark, now)) != list(other.due(mark, now))


def test_a_run_that_waits_for_its_delay_is_next() -> None:
    timetable = Timetable(Every(timedelta(hours=1)), spread=Jitter(timedelta(minutes=59), "seed"))
    run = timetable.next(datetime(2026, 5, 5, 12, tzinfo=UTC) - timedelta(seconds=1))
    assert run is not None
    assert run.dispatch > datetime(2026, 5, 5, 12, tzinfo=UTC)
    between = run.nominal + (run.dispatch - run.nominal) / 2
    assert timetable.next(between) == run
    assert timetable.count(between, run.dispatch) == 1
    assert timetable.count(run.nominal, between) == 0
