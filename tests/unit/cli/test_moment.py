"""The times that people write."""

from datetime import date, datetime

import click
import pytest

from scheduler.cli.moment import read_day, read_moment, read_month

NOW = datetime.fromisoformat("2026-03-27T12:00:00+00:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("now", "2026-03-27T12:00:00+00:00", id="now"),
        pytest.param("90m", "2026-03-27T13:30:00+00:00", id="duration"),
        pytest.param("2026-03-30", "2026-03-29T22:00:00+00:00", id="date"),
        pytest.param("2026-03-28T07:00", "2026-03-28T06:00:00+00:00", id="zone-of-the-file-in-winter"),
        pytest.param("2026-03-30 07:00", "2026-03-30T05:00:00+00:00", id="zone-of-the-file-in-summer"),
        pytest.param("2026-03-30T07:00-04:00", "2026-03-30T11:00:00+00:00", id="own-offset"),
        pytest.param("2026-03-30T07:00Z", "2026-03-30T07:00:00+00:00", id="utc"),
    ],
)
def test_a_time_without_an_offset_is_of_the_files_zone(text: str, expected: str) -> None:
    assert read_moment(text, NOW, "Europe/Berlin", "--from") == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-02-30",
        "7",
        "-1h",
        "0s",
        "0001-01-01",
        "9999-12-31T23:59-23:00",
        "99999d",
        "٣h",
    ],
)
def test_what_is_no_time_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(click.BadParameter, match='is not a time, expected "now", a duration'):
        read_moment(text, NOW, "Europe/Berlin", "--from")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("today", date(2026, 12, 31), id="today"),
        pytest.param("tomorrow", date(2027, 1, 1), id="tomorrow"),
        pytest.param("2026-03-29", date(2026, 3, 29), id="date"),
    ],
)
def test_a_day_has_a_date_or_is_near(text: str, expected: date) -> None:
    assert read_day(text, date(2026, 12, 31), "--day") == expected


def test_a_month_is_its_first_day() -> None:
    assert read_month("2026-12", "--month") == date(2026, 12, 1)
