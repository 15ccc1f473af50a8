"""Decisions on what is due, with a timetable of literal instants."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.policy import Verdict, decide
from scheduler.timetable import Occurrence


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Instants:
    """A timetable that is a list of instants."""

    def __init__(self, *texts: str) -> None:
        self.instants = [at(text) for text in texts]

    def next(self, mark: datetime) -> Occurrence | None:
        later = [one for one in self.instants if one > mark]
        return Occurrence(later[0], later[0]) if later else None

    def last(self, mark: datetime, now: datetime) -> Occurrence | None:
        passed = [one for one in self.instants if mark < one <= now]
        return Occurrence(passed[-1], passed[-1]) if passed else None


HOURLY = Instants("2026-01-02T03:00", "2026-01-02T04:00", "2026-01-02T05:00", "2026-01-02T06:00")


def test_an_occurrence_at_this_very_instant_is_dispatched() -> None:
    plan = decide(HOURLY, at("2026-01-02T03:00"), at("2026-01-02T04:00"))

    assert plan.decision is not None
    assert plan.decision.verdict is Verdict.DISPATCH
    assert plan.decision.occurrence.nominal == at("2026-01-02T04:00")
    assert plan.mark == at("2026-01-02T04:00")
    assert plan.following == at("2026-01-02T05:00")


def test_of_several_that_passed_only_the_newest_runs() -> None:
    plan = decide(HOURLY, at("2026-01-02T03:00"), at("2026-01-02T05:59"))

    assert plan.decision is not None
    assert plan.decision.occurrence.nominal == at("2026-01-02T05:00")
    assert plan.mark == at("2026-01-02T05:00")
    assert plan.following == at("2026-01-02T06:00")


def test_nothing_is_decided_before_the_next_occurrence() -> None:
    plan = decide(HOURLY, at("2026-01-02T03:00"), at("2026-01-02T03:59"))

    assert plan.decision is None
    assert plan.mark == at("2026-01-02T03:00")
    assert plan.following == at("2026-01-02T04:00")


def test_a_clock_that_went_back_fires_nothing_and_keeps_the_mark() -> None:
    plan = decide(HOURLY, at("2026-01-02T05:00"), at("2026-01-02T04:30"))

    assert plan.decision is None
    assert plan.mark == at("2026-01-02T05:00")
    assert plan.following == at("2026-01-02T06:00")


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        pytest.param(timedelta(hours=24), Verdict.DISPATCH, id="exactly a day late still runs"),
        pytest.param(timedelta(hours=24, seconds=1), Verdict.MISSED, id="a second more is missed"),
    ],
)
def test_an_occurrence_runs_only_within_the_catch_up_window(late: timedelta, verdict: Verdict) -> None:
    plan = decide(Instants("2026-01-02T03:00"), at("2026-01-02T02:00"), at("2026-01-02T03:00") + late)

    assert plan.decision is not None
    assert plan.decision.verdict is verdict
    assert plan.mark == at("2026-01-02T03:00")


def test_after_the_last_occurrence_nothing_follows() -> None:
    plan = decide(HOURLY, at("2026-01-02T05:00"), at("2026-01-02T06:00"))

    assert plan.following is None
