"""The beat's clock, and another in its place."""

import re

import pytest

from scheduler.settings import Settings, SettingsError
from scheduler.store.clock import make_clock
from tests.hand_clock import NAME, HandClock


def test_the_clock_of_a_setting_is_made_of_the_client() -> None:
    client = object()

    clock = make_clock(Settings.of({"SCHEDULER_CLOCK": NAME}).clock, client)

    assert isinstance(clock, HandClock)
    assert clock._client is client


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("no.such.module:Clock", id="no such module"),
        pytest.param("tests.hand_clock:NoClock", id="no such factory"),
        pytest.param("tests.hand_clock:", id="no name"),
        pytest.param("tests hand_clock", id="no path"),
        pytest.param(":", id="a colon alone"),
        pytest.param(".", id="a dot alone"),
    ],
)
def test_what_names_no_factory_is_refused_with_the_variable(name: str) -> None:
    with pytest.raises(
        SettingsError, match=f'SCHEDULER_CLOCK: there is no clock "{re.escape(name)}" to import, expected'
    ):
        make_clock(name, object())
