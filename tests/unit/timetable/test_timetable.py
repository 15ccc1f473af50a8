"""The face that a job shows the beat: occurrences after a mark."""

from datetime import UTC, datetime

import pytest

from scheduler.timetable import At, Cron, Occurrence, Timetable


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def occurrences(*texts: str) -> list[Occurrence]:
    return [Occurrence(nominal=instant(text), dispatch=instant(text)) for text in texts]


HOURLY = Timetable(Cron("0 * * * *"))
ONCE = Timetable(At((instant("2026-05-05T10:00"),), "Asia/Tokyo"))


def test_the_next_occurrence_is_dispatched_strictly_after_the_mark() -> None:
    assert [HOURLY.next(instant("2026-05-05T10:00"))] == occurrences("2026-05-05T11:00")
    assert [HOURLY.next(instant("2026-05-05T09:59:59"))] == occurrences("2026-05-05T10:00")


def test_what_is_due_lies_after_the_mark_and_up_to_now() -> None:
    mark, now = instant("2026-05-05T10:00"), instant("2026-05-05T13:00")
    assert list(HOURLY.due(mark, now)) == occurrences("2026-05-05T11:00", "2026-05-05T12:00", "2026-05-05T13:00")
    assert HOURLY.count(mark, now) == 3
    assert list(HOURLY.due(now, mark)) == []


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        pytest.param(0, [], id="none"),
        pytest.param(1, ["2026-05-05T13:00"], id="the last"),
        pytest.param(2, ["2026-05-05T12:00", "2026-05-05T13:00"], id="the last two"),
        pytest.param(9, ["2026-05-05T11:00", "2026-05-05T12:00", "2026-05-05T13:00"], id="more than there are"),
    ],
)
def test_the_newest_of_what_is_due_come_oldest_first(limit: int, found: list[str]) -> None:
    newest = HOURLY.newest(instant("2026-05-05T10:00"), instant("2026-05-05T13:00"), limit)
    assert newest == occurrences(*found)


def test_the_previous_occurrence_opens_the_interval() -> None:
    assert HOURLY.previous(instant("2026-05-05T10:00")) == instant("2026-05-05T09:00")
    assert ONCE.previous(instant("2026-05-05T10:00")) is None


def test_a_schedule_may_come_to_an_end() -> None:
    assert ONCE.next(instant("2026-05-05T10:00")) is None
    assert list(ONCE.due(instant("2026-05-05T10:00"), instant("2030-01-01T00:00"))) == []


def test_it_says_what_its_schedule_says() -> None:
    assert ONCE.timezone == "Asia/Tokyo"
    assert ONCE.explain() == "Once, at 2026-05-05T19:00:00+09:00."
    assert Timetable(Cron("0 0 31 * *")).notes() == (
        'day-of-month "31" leaves out shorter months; "L" is the last day of each',
    )
