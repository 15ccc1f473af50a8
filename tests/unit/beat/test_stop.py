"""SIGTERM and SIGINT, in mid-pass, between passes, and a second time."""

import os
import signal
from collections.abc import Iterator

import pytest

from scheduler.beat.stop import Stop

SIGNALS = [signal.SIGTERM, signal.SIGINT]


@pytest.fixture
def stop() -> Iterator[Stop]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    stop = Stop()
    stop.listen()
    yield stop
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_mid_pass_lets_the_pass_end(stop: Stop, number: signal.Signals) -> None:
    with stop:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert stop.asked


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_between_two_passes_ends_the_process_with_zero(stop: Stop, number: signal.Signals) -> None:
    with stop:
        pass
    with pytest.raises(SystemExit) as ended:
        os.kill(os.getpid(), number)
    assert ended.value.code == 0


def test_a_second_signal_cuts_off_nothing(stop: Stop) -> None:
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGTERM)

    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.asked
