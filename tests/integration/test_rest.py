"""A beat that rests after its passes, and has garbage collected then."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from scheduler.beat.rest import WORTH
from tests.integration.bench import Bench, until


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def usual_collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_pass_after_which_nothing_is_due_collects_what_was_left(bench: Bench) -> None:
    bench.write("jobs: {daily: {cron: '0 0 1 1 *', task: t}}\n")
    beat = bench.beat()
    # As the signal of a process that begins does.
    beat._collector.begin()
    left = weakref.ref(Cycle())
    kept = [[number] for number in range(WORTH + 1)]
    assert left() is not None

    until(beat, lambda: left() is None)
    assert len(kept) == WORTH + 1
