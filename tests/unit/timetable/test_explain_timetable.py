"""A whole timetable in plain English."""

from datetime import timedelta

import pytest

from scheduler.timetable import (
    Calendar,
    DayRule,
    Jitter,
    Move,
    Timetable,
)
from tests.unit.timetable.berlin import HOLIDAYS, MORNING, berlin


def test_it_is_explained_in_sentences() -> None:
    rule = DayRule(HOLIDAYS, move=Move.NEXT)
    timetable = Timetable(MORNING, berlin("2026-05-02T00:00"), None, rule, Jitter(timedelta(minutes=30), "seed"))
    assert timetable.explain() == (
        "At 07:00 every day, Europe/Berlin time. "
        "Each run starts up to 30m later, by a delay that is the same everywhere. "
        "It does not run on de-holidays or a weekend: a run of another day moves to the next business day. "
        "Only from 2026-05-02 00:00:00+02:00."
    )


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        pytest.param(DayRule(HOLIDAYS), "It does not run on de-holidays.", id="skip"),
        pytest.param(DayRule(only=HOLIDAYS), "It runs only on de-holidays.", id="only"),
        pytest.param(
            DayRule(HOLIDAYS, Calendar(weekdays=frozenset({0}))),
            "It runs only on the days of its calendar, and not on de-holidays.",
            id="skip and only",
        ),
        pytest.param(
            DayRule(move=Move.PREVIOUS, weekend=frozenset({4, 5})),
            "It does not run on Friday and Saturday: a run of another day moves to the business day before.",
            id="a weekend of its own",
        ),
        pytest.param(
            DayRule(move=Move.NEXT, weekend=frozenset()),
            "It runs on every day: a run of another day moves to the next business day.",
            id="no weekend",
        ),
    ],
)
def test_a_rule_for_days_is_a_sentence(rule: DayRule, sentence: str) -> None:
    assert Timetable(MORNING, days=rule).explain() == f"At 07:00 every day, Europe/Berlin time. {sentence}"
