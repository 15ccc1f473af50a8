"""When the cycle collector runs: where a beat rests, and never in the midst of a burst."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from scheduler.beat.rest import ENOUGH_SECONDS, WORTH, Collector


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[Collector]:
    before = gc.get_threshold()
    yield Collector()
    gc.set_threshold(*before)
    gc.unfreeze()


def garbage() -> "weakref.ref[Cycle]":
    return weakref.ref(Cycle())


def test_it_runs_where_the_next_pass_is_far_away_and_much_was_made(collector: Collector) -> None:
    collector.begin()
    left = garbage()
    kept = [[number] for number in range(WORTH + 1)]

    collector.rest(ENOUGH_SECONDS / 2)
    assert left() is not None

    collector.rest(ENOUGH_SECONDS)
    assert left() is None
    assert gc.get_freeze_count() > len(kept)


def test_it_does_not_run_for_little(collector: Collector) -> None:
    collector.begin()
    left = garbage()

    collector.rest(ENOUGH_SECONDS)

    assert left() is not None


def test_it_does_not_run_in_a_burst(collector: Collector) -> None:
    collector.begin()
    left = garbage()
    kept = [[number] for number in range(100_000)]

    assert left() is not None
    assert len(kept) == 100_000


def test_a_process_that_was_not_given_over_to_it_is_left_alone(collector: Collector) -> None:
    before = gc.get_threshold()
    frozen = gc.get_freeze_count()

    collector.rest(ENOUGH_SECONDS)

    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == frozen
