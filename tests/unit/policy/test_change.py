"""Schedules that take over from others, and dispatches that move with the rules of their zones."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.policy import moved, take_over
from scheduler.timetable import Every, Jitter, Timetable
from scheduler.timetable.duration import parse_duration


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def timetable(every: str, jitter: str | None = None) -> Timetable:
    spread = Jitter(parse_duration(jitter), "a seed") if jitter else None
    return Timetable(Every(parse_duration(every), "UTC"), spread=spread)


# From 03:00 to 06:00.
HOURLY = Timetable(Every(timedelta(hours=1), "UTC"), starts=at("2026-01-02T03:00"), ends=at("2026-01-02T06:00"))


def test_a_schedule_that_takes_over_begins_with_what_comes_after_that() -> None:
    assert take_over(HOURLY, None, at("2026-01-02T04:00")) == at("2026-01-02T05:00")
    assert take_over(HOURLY, None, at("2026-01-02T06:00")) is None


def test_an_occurrence_that_the_former_schedule_dispatched_is_not_dispatched_again_by_a_longer_jitter() -> None:
    former, later = timetable("1h"), timetable("1h", jitter="30m")
    now = at("2026-01-02T04:00")
    first = later.next(now)
    assert first is not None
    assert first.nominal == now

    found = take_over(later, former, now)

    assert found is not None
    assert found >= at("2026-01-02T05:00")


@pytest.mark.parametrize(
    ("mark", "due", "expected"),
    [
        pytest.param("2026-01-02T03:00", "2026-01-02T04:00", "2026-01-02T04:00", id="as it was"),
        pytest.param("2026-01-02T03:00", "2026-01-02T05:00", "2026-01-02T04:00", id="a day more came between"),
        pytest.param("2026-01-02T03:00", "2026-01-02T04:10", "2026-01-02T04:00", id="earlier now"),
        pytest.param("2026-01-02T02:50", "2026-01-02T03:50", "2026-01-02T04:00", id="later now"),
        # What ran at 02:50 is 03:00 now. It ran.
        pytest.param("2026-01-02T02:50", "2026-01-02T03:20", "2026-01-02T04:00", id="what ran does not run again"),
        pytest.param("2026-01-02T02:30", "2026-01-02T03:30", "2026-01-02T04:00", id="half way between: the later"),
        pytest.param("2026-01-02T05:00", "2026-01-02T06:10", "2026-01-02T06:00", id="the last one, earlier now"),
        pytest.param("2026-01-02T06:00", "2026-01-02T07:00", None, id="none any more"),
    ],
)
def test_a_dispatch_moves_with_the_rules_of_its_zone(mark: str, due: str, expected: str | None) -> None:
    assert moved(HOURLY, at(mark), at(due)) == (at(expected) if expected else None)
