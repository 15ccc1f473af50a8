"""Windows: as they are written, and when runs start in them."""

from datetime import UTC, datetime, time, timedelta

import pytest

from scheduler.timetable import (
    Cron,
    Every,
    ScheduleError,
    Timetable,
    Window,
    zone,
)
from tests.unit.timetable.berlin import BERLIN, berlin


def test_a_window_is_instead_of_the_time_of_day() -> None:
    timetable = Timetable(Cron("0 7 * * *", BERLIN), spread=Window(time(2), time(4), "seed"))
    for run in timetable.due(berlin("2026-05-01T00:00"), berlin("2026-06-01T00:00")):
        assert time(2) <= run.dispatch.astimezone(zone(BERLIN)).time() < time(4)
        assert run.dispatch.astimezone(zone(BERLIN)).date() == run.nominal.astimezone(zone(BERLIN)).date()


def test_a_window_over_midnight_begins_on_the_nominal_day() -> None:
    timetable = Timetable(Cron("@daily", BERLIN), spread=Window(time(22), time(2), "seed"))
    due = list(timetable.due(berlin("2026-05-01T12:00"), berlin("2026-08-01T12:00")))
    assert len(due) == 92
    after_midnight = 0
    for run in due:
        day = run.nominal.astimezone(zone(BERLIN)).date()
        opens = datetime.combine(day, time(22), zone(BERLIN)).astimezone(UTC)
        assert opens <= run.dispatch < opens + timedelta(hours=4)
        after_midnight += run.dispatch.astimezone(zone(BERLIN)).date() != day
    assert 20 < after_midnight < 72


def test_a_window_that_a_clock_change_swallows_runs_right_after_it() -> None:
    timetable = Timetable(Cron("@daily", BERLIN), spread=Window(time(2), time(3), "seed"))
    (run,) = timetable.due(berlin("2026-03-29T00:00"), berlin("2026-03-29T12:00"))
    assert run.dispatch == berlin("2026-03-29T03:00")


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        pytest.param("02:00-04:00", time(2), time(4), id="within a day"),
        pytest.param("22:30 - 1:15", time(22, 30), time(1, 15), id="over midnight, with blanks"),
        pytest.param("22:00-24:00", time(22), time(0), id="up to midnight"),
        pytest.param("02:00:30-02:00:45", time(2, 0, 30), time(2, 0, 45), id="with seconds"),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, starts: time, ends: time) -> None:
    assert Window.parse(text, "seed") == Window(starts, ends, "seed")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("", '"" is not a window', id="nothing"),
        pytest.param("02:00", '"02:00" is not a window', id="one time"),
        pytest.param("2-4", '"2-4" is not a window', id="hours"),
        pytest.param("25:00-26:00", '"25:00-26:00" is not a window', id="past the day"),
        pytest.param("02:60-03:00", '"02:60-03:00" is not a window', id="sixty minutes"),
        pytest.param("24:00-02:00", '"24:00-02:00" is not a window', id="from twenty-four"),
        pytest.param("22:00-24:01", '"22:00-24:01" is not a window', id="past twenty-four"),
        pytest.param("02:00-04:00-06:00", '"02:00-04:00-06:00" is not a window', id="three times"),
        pytest.param("٠٢:٠٠-04:00", '"٠٢:٠٠-04:00" is not a window', id="other digits"),
        pytest.param("02:00-02:00", "the window 02:00-02:00 is empty", id="empty"),
        pytest.param("00:00-24:00", "the window 00:00-00:00 is empty", id="a whole day"),
    ],
)
def test_what_is_no_window_is_refused(text: str, what: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Window.parse(text, "seed")

    assert (caught.value.what, caught.value.part) == (what, "window")


def test_a_window_that_ends_on_a_day_that_was_left_out_ends_when_the_clocks_jump() -> None:
    # Kwajalein went from 20 August 1993, 24:00, at -12:00 to the same hour of 22 August at +12:00.
    window = Window(time(3, 2), time(3, 1), "seed")
    timetable = Timetable(Every(timedelta(hours=25), "Pacific/Kwajalein"), spread=window)
    run = timetable.next(datetime(1993, 8, 21, 5, 22, tzinfo=UTC))
    # 68 % of the 20 h 58 min from 15:02Z to the jump at 12:00Z.
    assert run == (datetime(1993, 8, 21, 8, tzinfo=UTC), datetime(1993, 8, 21, 5, 22, 52, tzinfo=UTC))
