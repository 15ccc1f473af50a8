"""What holds for every cron schedule, in every zone, under every DST rule."""

import json
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timetable import Cron, Timetable, from_stored, to_stored
from tests.unit.timetable.oracle import backward, expected
from tests.unit.timetable.strategies import crons, instants

FAST = settings(max_examples=60, derandomize=True, database=None, deadline=None)
LONG = settings(max_examples=10_000, deadline=None)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Cron, datetime, timedelta]:
    cron = draw(crons())
    return cron, draw(instants(cron.timezone)), timedelta(minutes=draw(st.integers(1, 2200)))


def check_after_is_strictly_after(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, _ = case
    found = cron.after(instant)
    assert found is not None
    assert found > instant


def check_before_is_strictly_before(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, _ = case
    found = cron.before(instant)
    assert found is not None
    assert found < instant


def check_after_and_before_are_inverse(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, _ = case
    found = cron.after(instant)
    assert found is not None
    earlier = cron.before(found)
    assert earlier is not None
    assert earlier <= instant
    assert cron.after(earlier) == found


def check_windows_concatenate(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, length = case
    until, middle = instant + length, instant + length / 3
    assert [*cron.between(instant, middle), *cron.between(middle, until)] == list(cron.between(instant, until))


def check_every_answer_is_what_zoneinfo_and_cronsim_say(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, length = case
    truth = expected(cron, instant, instant + length)
    assert list(cron.between(instant, instant + length)) == truth
    assert backward(cron, instant, instant + length) == truth


def check_it_survives_storing_and_pickling(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, _ = case
    read = from_stored(json.loads(json.dumps(to_stored(Timetable(cron)))))
    assert read == Timetable(cron)
    copy = pickle.loads(pickle.dumps(cron))
    assert (copy, hash(copy), copy.after(instant)) == (cron, hash(cron), cron.after(instant))


def check_counting_is_going_through(case: tuple[Cron, datetime, timedelta]) -> None:
    cron, instant, length = case
    assert cron.count(instant, instant + length) == len(list(cron.between(instant, instant + length)))


CHECKS = [
    pytest.param(check, id=check.__name__.removeprefix("check_"))
    for check in (
        check_after_is_strictly_after,
        check_before_is_strictly_before,
        check_after_and_before_are_inverse,
        check_windows_concatenate,
        check_every_answer_is_what_zoneinfo_and_cronsim_say,
        check_it_survives_storing_and_pickling,
        check_counting_is_going_through,
    )
]


@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_for_some(check: Callable[[tuple[Cron, datetime, timedelta]], None]) -> None:
    FAST(given(asked())(check))()


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_for_ten_thousand(check: Callable[[tuple[Cron, datetime, timedelta]], None]) -> None:
    LONG(given(asked())(check))()
