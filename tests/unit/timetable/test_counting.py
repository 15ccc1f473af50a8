"""How many runs there were in a long time, which is worked out by days and must be what going through them finds."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.timetable import At, Calendar, Cron, DayRule, Every, Jitter, Move, Schedule, Spread, Timetable, Window

BERLIN, LORD_HOWE = "Europe/Berlin", "Australia/Lord_Howe"
HOLIDAYS = Calendar(frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 3, 25)}))
RULES = {
    "on": DayRule(HOLIDAYS, move=Move.NEXT),
    "back": DayRule(HOLIDAYS, move=Move.PREVIOUS),
    "onto Wednesdays": DayRule(only=Calendar(weekdays=frozenset({2})), move=Move.NEXT),
}
JITTER = Jitter(timedelta(seconds=50), "seed")
# The clocks of both zones change within it.
MARK, NOW = datetime(2026, 3, 20, 13, 7, 31, tzinfo=UTC), datetime(2026, 4, 12, 9, 30, 5, tzinfo=UTC)


def minutes(count: int, timezone: str = BERLIN) -> Every:
    return Every(timedelta(minutes=count), timezone)


SCHEDULES: dict[str, tuple[Schedule, Spread | None]] = {
    "crontab of evenly spaced times": (Cron("*/10 * * * *", BERLIN), None),
    "crontab of other times": (Cron("0-20 */6 * * *", LORD_HOWE), None),
    "crontab of weekends and Mondays": (Cron("*/15 * * * 0,1,6", BERLIN), None),
    "crontab of two dates": (Cron("*/15 * 21,28 * *", BERLIN), None),
    "interval that divides the day": (minutes(12), JITTER),
    "interval that does not": (minutes(19), None),
    "interval of more than a day": (minutes(1_501), None),
    "interval in a zone of half hours": (minutes(19, LORD_HOWE), JITTER),
    "once a day within a window": (Cron("0 3 * * *", BERLIN), Window.parse("02:30-02:00", "seed")),
    "times that were written down": (
        At.parse([f"2026-03-{day}T0{hour}:00" for day in range(20, 31) for hour in (1, 3)]),
        None,
    ),
}


@pytest.mark.parametrize("schedule", [pytest.param(one, id=name) for name, one in SCHEDULES.items()])
@pytest.mark.parametrize("rule", [pytest.param(one, id=name) for name, one in RULES.items()])
@pytest.mark.parametrize("bound", [None, timedelta(days=2, hours=8)], ids=["all", "from a time of day to another"])
def test_runs_that_move_to_other_days_are_counted(
    schedule: tuple[Schedule, Spread | None], rule: DayRule, bound: timedelta | None
) -> None:
    ends = (MARK + bound, NOW - bound) if bound else (None, None)
    timetable = Timetable(schedule[0], *ends, rule, schedule[1])
    due = [one.dispatch for one in timetable.due(MARK, NOW)]
    assert timetable.count(MARK, NOW) == len(due) > 0
    for at in due[:: max(1, len(due) // 8)]:
        assert timetable.count(MARK, at) + timetable.count(at, NOW) == len(due)


def test_times_of_the_same_beginning_end_and_number_are_told_apart() -> None:
    friday = [f"2026-05-01T0{hour}:00" for hour in (1, 3, 9)]
    saturday = [f"2026-05-02T0{hour}:00" for hour in (1, 4, 9)]
    timetable = Timetable(At.parse([*friday, *saturday]), days=DayRule(move=Move.PREVIOUS))
    assert timetable.count(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)) == 4


# Of the two midnights at its ends the later one is part of it; that of a Sunday is no run where these move.
@pytest.mark.parametrize(
    ("timetable", "expected"),
    [
        pytest.param(Timetable(Every(timedelta(seconds=1))), 7_305 * 86_400, id="each second"),
        pytest.param(Timetable(minutes(1, "UTC"), spread=JITTER), 7_305 * 1_440, id="with jitter"),
        pytest.param(
            Timetable(Cron("* * * * *"), days=DayRule(Calendar(weekdays=frozenset({0})))), 6_261 * 1_440, id="skipping"
        ),
        pytest.param(Timetable(Cron("* * * * *"), days=DayRule(move=Move.NEXT)), 5_218 * 1_440 + 1, id="moved"),
        pytest.param(
            Timetable(minutes(1, "UTC"), days=DayRule(move=Move.PREVIOUS)), 5_218 * 1_440 + 1, id="moved back"
        ),
        pytest.param(Timetable(Cron("0 3 * * *"), spread=Window.parse("02:00-04:00", "seed")), 7_305, id="in a window"),
    ],
)
def test_twenty_years_are_counted_at_once(timetable: Timetable, expected: int) -> None:
    began = time.process_time()
    assert timetable.count(datetime(2006, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)) == expected
    # One by one, those that move take half an hour.
    assert time.process_time() - began < 10
