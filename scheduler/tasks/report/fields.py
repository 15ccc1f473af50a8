"""One database value as one CSV field (RFC 4180). The rules are in docs/tasks.md."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from math import isfinite
from typing import Any

Field = Callable[[Any], str]

_needs_quotes = re.compile('[",\r\n]').search
_SECOND = timedelta(seconds=1)


class JsonText(str):
    """JSON as the database wrote it. Read and written again, `1.10` would become `1.1`."""

    __slots__ = ()


class Fields(dict[type, Field]):
    """The fields of one report, by the type of the value. Aware datetimes are written in `zone`."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__(_FIELDS)
        self[datetime] = _in_zone(zone)
        self[dict] = self[list] = self[tuple] = self._structure

    def __missing__(self, kind: type) -> Field:
        found = next((self[base] for base in kind.__mro__[1:-1] if base in self), _other)
        self[kind] = found
        return found

    def lines(self, rows: Iterable[Iterable[Any]]) -> str:
        """Write whole lines, each with its end."""
        return "".join([",".join([self[type(value)](value) for value in row]) + "\r\n" for row in rows])

    def _structure(self, value: Any) -> str:
        return text(self._json(value))

    def _json(self, value: Any) -> str:
        """Write JSON without loss: decimals digit for digit, stored JSON as stored, the rest as its field."""
        if isinstance(value, JsonText):
            return value
        if value is None or isinstance(value, bool | int | str):
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict):
            members = (f"{self._json(str(key))}:{self._json(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        if isinstance(value, list | tuple):
            return "[" + ",".join(map(self._json, value)) + "]"
        return self._json_scalar(value)

    def _json_scalar(self, value: Any) -> str:
        field = self[type(value)]
        # JSON has no NaN and no infinity; they become text.
        if isinstance(value, float | Decimal) and isfinite(value):
            return field(value)
        return json.dumps(str(value) if field is _other else field(value), ensure_ascii=False)


def text(value: str) -> str:
    """Quote where RFC 4180 asks for it, and the empty text too, since a field without quotes is NULL."""
    if value and not _needs_quotes(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _null(_: None) -> str:
    return ""


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _binary(value: bytes | bytearray | memoryview) -> str:
    return f"\\x{value.hex()}"


def _duration(value: timedelta) -> str:
    """Write `[-]HH:MM:SS[.ffffff]`, hours without bound, as MySQL writes TIME."""
    sign, rest = ("-", -value) if value < timedelta() else ("", value)
    seconds, fraction = divmod(rest, _SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    decimals = f".{fraction.microseconds:06}" if fraction else ""
    return f"{sign}{hour:02}:{minute:02}:{second:02}{decimals}"


def _in_zone(zone: tzinfo) -> Field:
    def field(value: datetime) -> str:
        if value.tzinfo is None:
            return value.isoformat()
        try:
            return value.astimezone(zone).isoformat()
        except OverflowError:
            # In the first or last hours of the calendar there may be no such local time.
            return value.isoformat()

    return field


def _other(value: Any) -> str:
    return text(str(value))


_FIELDS: dict[type, Field] = {
    type(None): _null,
    str: text,
    bool: _bool,
    int: int.__repr__,
    float: float.__repr__,
    Decimal: _decimal,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: _duration,
    bytes: _binary,
    bytearray: _binary,
    memoryview: _binary,
}
