"""Reads one field of a cron expression: numbers, names, ranges, steps, lists, `H`, `L`, `LW`, `5L` and `5#2`.

A field becomes a mask that holds bit n for each value n. What crontab(5) takes silently for "never", or for
something else than it says, is refused here with what to write instead.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from scheduler.timetable.errors import ScheduleError

_ITEM = re.compile(r"(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:/([0-9]+))?")
_HASHED = re.compile(r"H(?:\(([0-9A-Za-z]+)-([0-9A-Za-z]+)\))?(?:/([0-9]+))?")
_HAS_SLOT = re.compile(r"(?:^|[ \t,])[hH]")
_NTH = re.compile(r"([0-9A-Za-z]+)#([0-9]+)")


class Field(NamedTuple):
    """One of the five; `names` stand for the values from `low` on."""

    label: str
    low: int
    high: int
    hash_high: int
    """`H` picks from low to here: the slot exists in every month, and Sunday is not twice as likely."""
    expected: str
    names: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        return f"{self.low}-{self.high}" + (f" or {self.names[0]}-{self.names[-1]}" if self.names else "")


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

MINUTE = Field("minute", 0, 59, 59, 'minutes such as "0", "*/15", "5,35" or "0-29"')
HOUR = Field("hour", 0, 23, 23, 'hours such as "2", "*/2", "8-18" or "6,22"')
DAY = Field("day-of-month", 1, 31, 28, 'days such as "1", "1,15", "L" (the last day) or "LW" (the last weekday)')
MONTH = Field("month", 1, 12, 12, 'months such as "*", "1-6" or "jan,jul"', _MONTHS)
WEEKDAY = Field(
    "day-of-week",
    0,
    7,
    6,
    'weekdays such as "mon-fri", "0" (Sunday), "5L" (the last Friday) or "5#2"',
    _WEEKDAYS,
)


class Parsed:
    """What a field's text says; shared by every expression with the same text.

    `nth` holds (day of week, n), where -1 is the last of the month.
    """

    def __init__(self) -> None:
        self.mask = 0
        self.last_day = False
        self.last_weekday = False
        self.nth: set[tuple[int, int]] = set()
        self.plain: list[str] = []  # the items, with `H` replaced by the values it stands for


def needs_seed(text: str) -> bool:
    """Whether an `H` stands where a value begins."""
    return _HAS_SLOT.search(text) is not None


def parse_field(kind: Field, text: str, seed: str) -> Parsed:
    """Read the text of one field; ScheduleError says what is wrong with which item."""
    return _parse(kind, text, seed if needs_seed(text) else "")


@lru_cache(maxsize=4096)
def _parse(kind: Field, text: str, seed: str) -> Parsed:
    parsed = Parsed()
    for item in text.split(","):
        if not item:
            raise ScheduleError(f'{kind.label} "{text}" has an empty item', kind.expected)
        _read_item(kind, item, seed, parsed)
    return parsed


def _read_item(kind: Field, item: str, seed: str, parsed: Parsed) -> None:
    folded = item.upper()
    plain = item
    if folded[0] == "H":
        values = _hashed(kind, item, seed)
        parsed.mask |= _mask(values)
        plain = ",".join(map(str, values))
    elif kind is DAY and folded == "L":
        parsed.last_day = True
    elif kind is DAY and folded == "LW":
        parsed.last_weekday = True
    elif kind is WEEKDAY and "#" in item:
        parsed.nth.add(_nth(item))
    elif kind is WEEKDAY and folded.endswith("L") and len(item) > 1:
        parsed.nth.add((_value(kind, item[:-1]) % 7, -1))
    else:
        parsed.mask |= _mask(item_values(kind, item))
    parsed.plain.append(plain)


def _mask(values: range) -> int:
    mask = 0
    for value in values:
        mask |= 1 << value
    return mask


def item_values(kind: Field, item: str) -> range:
    """Return what a number, a name, a range or a star stands for, with its step."""
    match = _ITEM.fullmatch(item)
    if match is None or (match[1] == "*" and match[2] is not None):
        raise _not_in(kind, item)
    first, last, step_text = match.groups()
    if first == "*":
        return range(kind.low, kind.high + 1, _step(kind, item, step_text))
    low = _value(kind, first)
    if last is None and step_text is not None:
        raise ScheduleError(f'{kind.label} "{item}" has a step but no range', f'"{first}-{kind.high}/{step_text}"')
    if last is None:
        return range(low, low + 1)
    high = _value(kind, last)
    step = _step(kind, item, step_text)
    if high < low:
        raise ScheduleError(f'{kind.label} "{item}" runs backwards', _unwrapped(kind, first, last, step))
    return range(low, high + 1, step)


def _value(kind: Field, text: str) -> int:
    folded = text.lower()
    if folded in kind.names:
        return kind.names.index(folded) + kind.low
    if not text.isdecimal() or not text.isascii() or len(text) > 9 or not kind.low <= int(text) <= kind.high:
        raise _not_in(kind, text)
    return int(text)


def _step(kind: Field, item: str, text: str | None) -> int:
    if text is None:
        return 1
    step = int(text)
    if step == 0:
        raise ScheduleError(f'{kind.label} "{item}" has a step of 0', "a step of 1 or more")
    return step


def _nth(item: str) -> tuple[int, int]:
    match = _NTH.fullmatch(item)
    if match is None:
        raise _not_in(WEEKDAY, item)
    weekday = _value(WEEKDAY, match[1]) % 7
    if len(match[2]) > 1 or not 1 <= int(match[2]) <= 5:
        raise ScheduleError(
            f'{WEEKDAY.label} "{item}" asks for weekday {match[2]} of the month',
            'a number from 1 to 5 after the "#"',
        )
    return weekday, int(match[2])


def _hashed(kind: Field, item: str, seed: str) -> range:
    """A slot that stays the same for the seed on every host and in every process."""
    match = _HASHED.fullmatch("H" + item[1:])
    if match is None:
        raise ScheduleError(f'{kind.label} "{item}" is no hashed slot', '"H", "H(0-29)", "H/15" or "H(0-29)/10"')
    first, last, step_text = match.groups()
    low = kind.low if first is None else _value(kind, first)
    high = kind.hash_high if last is None else _value(kind, last)
    if high < low:
        raise ScheduleError(f'{kind.label} "{item}" runs backwards', f'"H({last}-{first})"')
    slots = high - low + 1
    if step_text is None:
        slot = low + _hash(kind, seed) % slots
        return range(slot, slot + 1)
    step = _step(kind, item, step_text)
    return range(low + _hash(kind, seed) % min(step, slots), high + 1, step)


def _hash(kind: Field, seed: str) -> int:
    from hashlib import sha256  # few expressions need it, and it is slow to import

    # Each field hashes on its own: minute and hour of one seed must not go together.
    return int.from_bytes(sha256(f"{kind.label}\0{seed}".encode("utf-8", "surrogatepass")).digest()[:8])


def _unwrapped(kind: Field, first: str, last: str, step: int) -> str:
    """What to write for a range that was meant to wrap around, as `22-23,0-2` for `22-2`."""
    if step != 1:
        return "a range from the smaller to the larger value"
    names = kind.names and not first.isdecimal()
    lowest = kind.names[0] if names else str(kind.low)
    highest = kind.names[-1] if names else str(6 if kind is WEEKDAY else kind.high)
    if kind is WEEKDAY and first == "7":
        return f'"0-{last}"'
    head = first if first.lower() == highest else f"{first}-{highest}"
    tail = last if last.lower() == lowest else f"{lowest}-{last}"
    return f'"{head},{tail}"'


def _not_in(kind: Field, text: str) -> ScheduleError:
    hint = ""
    if text[:3].lower() in kind.names:
        hint = f'; did you mean "{text[:3].lower()}"?'
    elif "?" in text:
        hint = '; for any value write "*"'
    elif "~" in text:
        hint = '; for a slot of its own write "H", as in "H(0-29)"'
    elif kind is WEEKDAY and text.upper() == "L":
        hint = '; for the last Saturday of the month write "6L"'
    return ScheduleError(f'{kind.label} "{text}" is not in {kind.bounds}', kind.expected + hint)
