"""The shortest time between two runs, which bounds jitter and windows."""

from datetime import timedelta

import pytest

from scheduler.timetable import (
    At,
    Cron,
    Every,
    Schedule,
    Timetable,
)


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        pytest.param(Cron("*/15 * * * *"), timedelta(minutes=15), id="each quarter"),
        pytest.param(Cron("*/50 * * * *"), timedelta(minutes=10), id="over the hour"),
        pytest.param(Cron("50 23,0 * * *"), timedelta(hours=1), id="over midnight"),
        pytest.param(Cron("0 22,6 * * *"), timedelta(hours=8), id="twice a day"),
        pytest.param(Cron("0 0 * * sun"), timedelta(days=7), id="weekly"),
        pytest.param(Cron("0 0 * * 5,1"), timedelta(days=3), id="over the weekend"),
        pytest.param(Cron("0 0 1 * *"), timedelta(days=28), id="monthly"),
        pytest.param(Cron("0 0 29 2 *"), timedelta(days=1461), id="in leap years"),
        pytest.param(Every(timedelta(minutes=7)), timedelta(minutes=7), id="an interval"),
        pytest.param(
            At.parse(["2026-05-01T00:00", "2026-05-03T00:00", "2026-05-04T12:00"]), timedelta(hours=36), id="at"
        ),
        pytest.param(At.parse(["2026-05-01T00:00"]), None, id="once"),
    ],
)
def test_the_shortest_time_between_two(schedule: Schedule, interval: timedelta | None) -> None:
    assert Timetable(schedule).smallest_interval() == interval
