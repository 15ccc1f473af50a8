"""Decisions on what is due, with a timetable of literal instants."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.policy import CATCH_UP_LIMIT, CatchUp, CatchUpPolicy, Missed, decide
from scheduler.timetable import Every, Occurrence, Timetable


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Instants:
    """A timetable that is a list of instants."""

    def __init__(self, *texts: str) -> None:
        self.instants = [at(text) for text in texts]

    def next(self, mark: datetime) -> Occurrence | None:
        later = [one for one in self.instants if one > mark]
        return Occurrence(later[0], later[0]) if later else None

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        return [Occurrence(one, one) for one in self.instants if mark < one <= now][-limit:]

    def count(self, mark: datetime, now: datetime) -> int:
        return len(self.newest(mark, now, len(self.instants)))

    def previous(self, nominal: datetime) -> datetime | None:
        earlier = [one for one in self.instants if one < nominal]
        return earlier[-1] if earlier else None


HOURLY = Instants("2026-01-02T03:00", "2026-01-02T04:00", "2026-01-02T05:00", "2026-01-02T06:00")


def hours(occurrences: tuple[Occurrence, ...]) -> list[int]:
    return [one.nominal.hour for one in occurrences]


def test_an_occurrence_at_this_very_instant_is_dispatched() -> None:
    plan = decide(HOURLY, at("2026-01-02T03:00"), at("2026-01-02T04:00"))

    assert hours(plan.dispatch) == [4]
    assert plan.missed is None
    assert plan.mark == at("2026-01-02T04:00")
    assert plan.following == at("2026-01-02T05:00")


def test_nothing_is_decided_before_the_next_occurrence() -> None:
    plan = decide(HOURLY, at("2026-01-02T03:00"), at("2026-01-02T03:59"))

    assert plan.dispatch == ()
    assert plan.mark == at("2026-01-02T03:00")
    assert plan.following == at("2026-01-02T04:00")


def test_a_clock_that_went_back_fires_nothing_and_keeps_the_mark() -> None:
    plan = decide(HOURLY, at("2026-01-02T05:00"), at("2026-01-02T04:30"))

    assert plan.dispatch == ()
    assert plan.mark == at("2026-01-02T05:00")
    assert plan.following == at("2026-01-02T06:00")


def test_after_the_last_occurrence_nothing_follows() -> None:
    assert decide(HOURLY, at("2026-01-02T05:00"), at("2026-01-02T06:00")).following is None


@pytest.mark.parametrize(
    ("policy", "now", "dispatched", "missed"),
    [
        pytest.param(CatchUp.LATEST, "2026-01-02T05:30", [5], (3, 4, 2), id="latest makes up the newest"),
        pytest.param(CatchUp.ALL, "2026-01-02T05:30", [3, 4, 5], None, id="all makes up all, oldest first"),
        pytest.param(CatchUp.SKIP, "2026-01-02T05:30", [], (3, 5, 3), id="skip makes up none"),
        pytest.param(CatchUp.SKIP, "2026-01-02T05:00:05", [5], (3, 4, 2), id="skip runs what is hardly late"),
    ],
)
def test_what_passed_while_no_beat_was_running_follows_the_policy(
    policy: CatchUp, now: str, dispatched: list[int], missed: tuple[int, int, int] | None
) -> None:
    plan = decide(HOURLY, at("2026-01-02T02:30"), at(now), CatchUpPolicy(policy))

    assert hours(plan.dispatch) == dispatched
    found = plan.missed and (plan.missed.first.hour, plan.missed.last.hour, plan.missed.count)
    assert found == missed
    assert plan.mark == at("2026-01-02T05:00")
    assert plan.following == at("2026-01-02T06:00")


@pytest.mark.parametrize("policy", list(CatchUp))
@pytest.mark.parametrize("within", [timedelta(hours=1), timedelta(days=1), timedelta(days=7)])
def test_no_run_is_dispatched_later_than_within(policy: CatchUp, within: timedelta) -> None:
    one = Instants("2026-01-02T03:00")
    late = at("2026-01-02T03:00") + within + timedelta(seconds=1)

    plan = decide(one, at("2026-01-02T02:00"), late, CatchUpPolicy(policy, within))

    assert plan.dispatch == ()
    assert plan.missed == Missed(at("2026-01-02T03:00"), at("2026-01-02T03:00"), 1)


def test_exactly_as_late_as_within_still_runs() -> None:
    plan = decide(Instants("2026-01-02T03:00"), at("2026-01-02T02:00"), at("2026-01-03T03:00"))

    assert hours(plan.dispatch) == [3]


def test_all_is_bounded_to_the_newest_and_the_rest_is_counted() -> None:
    secondly = Timetable(Every(timedelta(seconds=1)))
    start = at("2026-01-02T00:00:00")

    plan = decide(secondly, start, start + timedelta(hours=1), CatchUpPolicy(CatchUp.ALL))

    assert len(plan.dispatch) == CATCH_UP_LIMIT
    assert plan.dispatch[-1].nominal == start + timedelta(hours=1)
    assert list(plan.dispatch) == sorted(plan.dispatch)
    assert plan.missed == Missed(start + timedelta(seconds=1), start + timedelta(seconds=2_600), 2_600, before=start)


def test_years_of_downtime_are_no_dead_end() -> None:
    daily = Timetable(Every(timedelta(days=1)))
    start = at("2000-01-01T00:00")

    plan = decide(daily, start, at("2026-01-02T12:00"))

    assert [one.nominal for one in plan.dispatch] == [at("2026-01-02T00:00")]
    assert plan.missed == Missed(at("2000-01-02T00:00"), at("2026-01-01T00:00"), 9_497, before=start)
