"""How instants and lengths of time are written."""

from datetime import datetime, timedelta

import pytest

from scheduler.cli.when import local, local_stamp, need_seconds, offset, relative, span, stamp


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("instant", "timezone", "expected"),
    [
        pytest.param("2026-03-30T05:00:00+00:00", "Europe/Berlin", "Mon 2026-03-30 07:00 +02:00", id="summer"),
        pytest.param("2026-10-25T00:30:00+00:00", "Europe/Berlin", "Sun 2026-10-25 02:30 +02:00", id="fold-first"),
        pytest.param("2026-10-25T01:30:00+00:00", "Europe/Berlin", "Sun 2026-10-25 02:30 +01:00", id="fold-second"),
        pytest.param("2026-01-01T00:00:00+00:00", "UTC", "Thu 2026-01-01 00:00 +00:00", id="utc"),
        pytest.param("2026-01-01T00:00:00+00:00", "America/St_Johns", "Wed 2025-12-31 20:30 -03:30", id="half-hour"),
    ],
)
def test_a_time_is_the_zones_own_with_its_offset(instant: str, timezone: str, expected: str) -> None:
    assert local(at(instant), timezone) == expected


def test_seconds_are_shown_where_a_column_needs_them() -> None:
    instant = at("2026-03-30T05:00:15+00:00")

    assert need_seconds([at("2026-03-30T05:00:00+00:00"), instant])
    assert not need_seconds([at("2026-03-30T05:00:00+00:00")])
    assert local(instant, "UTC", seconds=True) == "Mon 2026-03-30 05:00:15 +00:00"


def test_an_offset_of_odd_seconds_is_written_in_full() -> None:
    assert offset(at("1890-01-01T00:00:00+00:00"), "Europe/Berlin") == "+00:53:28"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0, "now", id="now"),
        pytest.param(0.9, "now", id="less-than-a-second"),
        pytest.param(45, "in 45 s", id="seconds"),
        pytest.param(60, "in 1 min", id="minute"),
        pytest.param(3 * 3600 + 12 * 60 + 59, "in 3 h 12 min", id="two-largest-units"),
        pytest.param(86_400, "in 1 d", id="day"),
        pytest.param(86_400 + 59, "in 1 d", id="no-gap-between-units"),
        pytest.param(400 * 86_400, "in 1 y 35 d", id="year"),
        pytest.param(-300, "5 min ago", id="past"),
    ],
)
def test_a_time_from_now_has_its_two_largest_units(seconds: float, expected: str) -> None:
    now = at("2026-03-30T05:00:00+00:00")

    assert relative(now + timedelta(seconds=seconds), now) == expected


def test_no_length_at_all_is_zero_seconds() -> None:
    assert span(timedelta(0)) == "0 s"


def test_programs_get_utc_and_the_zones_own_form() -> None:
    instant = at("2026-03-30T05:00:00+00:00")

    assert stamp(instant) == "2026-03-30T05:00:00Z"
    assert local_stamp(instant, "Europe/Berlin") == "2026-03-30T07:00:00+02:00"
