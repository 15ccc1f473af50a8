"""Statuses of HTTP answers: one, a class such as 2xx, or a range such as 200-204."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from scheduler.jobs.texts import refuse

_EXPECTED = "a status such as 204, a class such as 2xx, a range such as 200-204, or a list of these"
_CLASS = re.compile(r"([1-5])[xX]{2}", re.ASCII)
_RANGE = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?", re.ASCII)
_LEAST, _MOST = 100, 599


class StatusRange(NamedTuple):
    """Statuses from the first to the last, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        if (self.first % 100, self.last) == (0, self.first + 99):
            return f"{self.first // 100}xx"
        return f"{self.first}-{self.last}"


SUCCESS = StatusRange(200, 299)


def status_ranges(value: Any) -> tuple[StatusRange, ...]:
    """Return what is written under `expect_status`; the rule of its model."""
    if isinstance(value, tuple):
        return value
    written = value if isinstance(value, list) else [value]
    if not written:
        refuse("the list is empty", "at least one item")
    return tuple(_range(one) for one in written)


def is_among(status: int, ranges: Iterable[StatusRange]) -> bool:
    return any(first <= status <= last for first, last in ranges)


def listed(ranges: Iterable[StatusRange]) -> str:
    """Write them as in `2xx or 304`."""
    return " or ".join(map(str, ranges))


def _range(value: Any) -> StatusRange:
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    found = _read(str(value)) if is_text else None
    if found is None:
        refuse(f"{value!r} is no status", _EXPECTED)
    return found


def _read(text: str) -> StatusRange | None:
    if of_class := _CLASS.fullmatch(text):
        hundreds = int(of_class[1]) * 100
        return StatusRange(hundreds, hundreds + 99)
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return StatusRange(first, last) if _LEAST <= first <= last <= _MOST else None
