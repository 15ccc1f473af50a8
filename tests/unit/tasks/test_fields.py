"""One value, one field: every type that a driver hands over."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from ipaddress import ip_address
from uuid import UUID

import pytest

from scheduler.tasks.report.fields import Fields, JsonText
from scheduler.timetable import zone


class Level(IntEnum):
    HIGH = 3


class Odd:
    def __str__(self) -> str:
        return 'a "b"'


PLUS_TWO = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(None, "", id="null is empty"),
        pytest.param("", '""', id="the empty text has quotes"),
        pytest.param("plain text", "plain text", id="text"),
        pytest.param(" padded ", " padded ", id="spaces are content"),
        pytest.param("=1+1", "=1+1", id="a formula is text"),
        pytest.param("a,b", '"a,b"', id="comma"),
        pytest.param('say "no"', '"say ""no"""', id="quotes"),
        pytest.param("two\nlines", '"two\nlines"', id="line feed"),
        pytest.param("two\rlines", '"two\rlines"', id="carriage return"),
        pytest.param("größer 日本", "größer 日本", id="beyond ASCII"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(-7, "-7", id="int"),
        pytest.param(10**30, "1" + "0" * 30, id="large int"),
        pytest.param(Level.HIGH, "3", id="int of a subclass"),
        pytest.param(0.1, "0.1", id="float"),
        pytest.param(1e22, "1e+22", id="large float"),
        pytest.param(float("nan"), "nan", id="nan"),
        pytest.param(float("-inf"), "-inf", id="infinity"),
        pytest.param(Decimal("1.50"), "1.50", id="decimal keeps its zeros"),
        pytest.param(Decimal("1E+3"), "1000", id="decimal without exponent"),
        pytest.param(Decimal("1E-7"), "0.0000001", id="small decimal without exponent"),
        pytest.param(Decimal("NaN"), "NaN", id="decimal nan"),
        pytest.param(date(2026, 3, 1), "2026-03-01", id="date"),
        pytest.param(date(1, 1, 1), "0001-01-01", id="first date"),
        pytest.param(time(7, 5, 0, 250_000), "07:05:00.250000", id="time"),
        pytest.param(time(7, 5, tzinfo=PLUS_TWO), "07:05:00+02:00", id="time with offset"),
        pytest.param(datetime(2026, 3, 1, 7, 5), "2026-03-01T07:05:00", id="naive datetime"),  # noqa: DTZ001
        pytest.param(
            datetime(2026, 7, 1, 7, 5, tzinfo=UTC), "2026-07-01T09:05:00+02:00", id="instant in the job's zone"
        ),
        pytest.param(datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999+00:00", id="last instant"),
        pytest.param(timedelta(days=1, hours=2, seconds=3), "26:00:03", id="duration"),
        pytest.param(timedelta(minutes=-90, microseconds=5), "-01:29:59.999995", id="negative duration"),
        pytest.param(b"\x00\xff", "\\x00ff", id="bytes"),
        pytest.param(b"", "\\x", id="no bytes"),
        pytest.param(memoryview(b"ab"), "\\x6162", id="memoryview"),
        pytest.param(bytearray(b"ab"), "\\x6162", id="bytearray"),
        pytest.param(JsonText('{"a": 1.10}'), '"{""a"": 1.10}"', id="stored JSON stays as stored"),
        pytest.param(JsonText("null"), "null", id="JSON null is not NULL"),
        pytest.param({"b": None, "a": [1, True]}, '"{""b"":null,""a"":[1,true]}"', id="dict"),
        pytest.param([], "[]", id="empty list"),
        pytest.param([Decimal("1.10"), 2.5, "ü"], '"[1.10,2.5,""ü""]"', id="numbers in a list"),
        pytest.param([float("nan"), Decimal("Infinity")], '"[""nan"",""Infinity""]"', id="JSON has no nan"),
        pytest.param(
            [datetime(2026, 7, 1, 7, tzinfo=UTC), date(2026, 7, 1)],
            '"[""2026-07-01T09:00:00+02:00"",""2026-07-01""]"',
            id="times in a list",
        ),
        pytest.param([JsonText('{"a":1}'), Odd()], '"[{""a"":1},""a \\""b\\""""]"', id="others in a list"),
        pytest.param((1, "a"), '"[1,""a""]"', id="a composite is a list"),
        pytest.param(UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", id="uuid"),
        pytest.param(ip_address("10.0.0.1"), "10.0.0.1", id="an address"),
        pytest.param(Odd(), '"a ""b"""', id="anything else is its text"),
    ],
)
def test_a_value_is_written_as_the_documentation_says(value: object, field: str) -> None:
    assert Fields(zone("Europe/Berlin")).lines([[value]]) == f"{field}\r\n"


def test_lines_end_in_crlf_and_fields_stand_between_commas() -> None:
    lines = Fields(zone("UTC")).lines([("id", "id"), (1, None), (None, "")])

    assert lines == 'id,id\r\n1,\r\n,""\r\n'
