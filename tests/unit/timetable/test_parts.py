"""What may stand together in a timetable, and what may not."""

from datetime import UTC, datetime, time, timedelta

import pytest

from scheduler.timetable import (
    At,
    Cron,
    DayRule,
    Every,
    Jitter,
    Move,
    Schedule,
    ScheduleError,
    Timetable,
    Window,
)
from tests.unit.timetable.berlin import MORNING, berlin, runs


def test_both_bounds_belong_to_it() -> None:
    timetable = Timetable(MORNING, berlin("2026-05-02T07:00"), berlin("2026-05-03T07:00"))
    assert [run for run, _ in runs(timetable, "2026-01-01T00:00", "2027-01-01T00:00")] == [
        "Sat 02 07:00",
        "Sun 03 07:00",
    ]
    assert timetable.previous(berlin("2026-05-02T07:00")) is None
    assert timetable.next(berlin("2026-05-03T07:00")) is None
    assert timetable.count(berlin("2026-01-01T00:00"), berlin("2027-01-01T00:00")) == 2


NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
REFUSED = [
    ("ends before it starts", lambda: Timetable(MORNING, NOON, NOON - timedelta(1)), "ends", "before it starts"),
    ("a start without offset", lambda: Timetable(MORNING, NOON.replace(tzinfo=None)), "starts", "has no offset"),
    ("a jitter as long as the interval", lambda: jittered("*/15 * * * *", 15), "jitter", "15m reaches the next run"),
    ("a jitter of a day", lambda: jittered("@daily", 1440), "jitter", "1d reaches the next run"),
    ("no jitter", lambda: jittered("@daily", 0), "jitter", "not in whole seconds"),
    ("half a second", lambda: jittered("@daily", 1 / 120), "jitter", "not in whole seconds"),
    ("a window for two runs a day", lambda: windowed(Cron("0 7,19 * * *")), "window", "for one run a day"),
    ("a window for an interval", lambda: windowed(Every(timedelta(hours=23))), "window", "for one run a day"),
    ("a window for two times of one day", lambda: windowed(At((NOON, NOON + timedelta(1 / 4)))), "window", "one run"),
    ("a window of no length", lambda: Window(time(2), time(2), ""), "window", "02:00-02:00 is empty"),
    ("a window in another zone", lambda: Window(time(2, tzinfo=UTC), time(3), ""), "window", "not a time of day"),
    ("a move of each second", lambda: moved(Every(timedelta(seconds=1))), "move_to", "too often to be moved"),
]


def jittered(expression: str, minutes: float) -> Timetable:
    return Timetable(Cron(expression), spread=Jitter(timedelta(minutes=minutes), ""))


def windowed(schedule: Schedule) -> Timetable:
    return Timetable(schedule, spread=Window(time(2), time(4), ""))


def moved(schedule: Schedule) -> Timetable:
    return Timetable(schedule, days=DayRule(move=Move.NEXT))


@pytest.mark.parametrize(("make", "part", "what"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_does_not_go_together_is_refused(make: object, part: str, what: str) -> None:
    assert callable(make)
    with pytest.raises(ScheduleError) as caught:
        make()
    assert caught.value.part == part
    assert what in caught.value.what
