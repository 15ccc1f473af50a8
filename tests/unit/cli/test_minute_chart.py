"""The bars of a day."""

from datetime import date, datetime

from scheduler.cli.day_window import window
from scheduler.cli.minute_chart import MinuteChart
from scheduler.timetable import EPOCH

DAY = date(2026, 3, 27)


def chart(counts: dict[str, int], width: int, *, bars: bool, day: date = DAY, timezone: str = "UTC") -> list[str]:
    numbered = {
        int((datetime.fromisoformat(f"{day}T{time}Z") - EPOCH).total_seconds()) // 60: number
        for time, number in counts.items()
    }
    return list(MinuteChart(numbered, window(day, day, timezone), timezone).lines(width, bars=bars))


def test_bars_are_as_high_as_their_share_of_the_fullest_minute() -> None:
    lines = chart({"00:00": 16, "00:01": 8, "00:02": 1, "00:59": 2}, 80, bars=True)

    assert lines[1] == "00:00 █▄▁" + " " * 56 + "▁    16"
    assert lines[2] == "01:00"
    assert lines[-1] == "      ▁ 2 or less   █ 16 jobs in one minute"


def test_a_single_job_is_a_full_bar() -> None:
    lines = chart({"05:30": 1}, 80, bars=True)

    assert lines[6] == "05:00 " + " " * 30 + "█" + " " * 29 + "     1"
    assert lines[-1] == "      █ 1 job in one minute"


def test_without_a_terminal_bars_are_digits() -> None:
    lines = chart({"00:00": 9, "00:01": 10, "00:02": 100_000}, 80, bars=False)

    assert lines[1] == "00:00 9##" + "." * 57 + "  100000"
    assert all(line.isascii() for line in lines)


def test_a_narrow_terminal_shows_the_fullest_of_several_minutes() -> None:
    lines = chart({"00:00": 1, "00:02": 3, "00:04": 2}, 40, bars=False)

    assert lines[0] == "      :00       :30         most"
    assert lines[1] == "00:00 32" + "." * 18 + "     3"
    assert max(map(len, lines[:-1])) <= 40
    assert lines[-1] == "      1-9: so many jobs in one minute of 3; #: 10 or more"


def test_no_terminal_is_too_narrow_for_something() -> None:
    assert chart({"00:59": 3}, 1, bars=True)[1] == "00:00 █     3"


def test_eighty_columns_hold_the_day_of_a_clock_change() -> None:
    assert max(map(len, chart({"00:00": 9}, 80, bars=True, day=date(2026, 10, 25), timezone="Europe/Berlin"))) <= 80


def test_half_an_hour_that_comes_twice_has_a_row_with_half_its_minutes() -> None:
    lines = chart({"00:00": 9}, 120, bars=False, day=date(2026, 4, 5), timezone="Australia/Lord_Howe")

    assert lines[2:4] == [
        "01:00 +11:00 " + "." * 60,
        "01:00 +10:30 " + " " * 30 + "." * 30,
    ]


def test_an_empty_day_has_no_legend() -> None:
    assert len(chart({}, 80, bars=True)) == 1 + 24
