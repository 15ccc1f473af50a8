"""What YAML makes of a plain (unquoted) scalar, and where that surprises people.

The values are those of YAML 1.2's core schema. Where YAML 1.1 (PyYAML, many editors) reads something else
than the eye does, the value comes with its meaning, and only a field that wants exactly that may take it.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

# A scalar that starts with another character is text, whatever follows.
SUSPECT = frozenset("0123456789+-.~nNtTfFyYoO")

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WORDS: dict[str, bool] = {
    **{form: True for word in ("yes", "on") for form in (word, word.title(), word.upper())},
    **{form: False for word in ("no", "off") for form in (word, word.title(), word.upper())},
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", re.ASCII)
_BASE_60 = re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_OTHER_BASE = re.compile(r"[-+]?0(?:b[01]+|o[0-7]+|x[0-9a-fA-F]+)", re.ASCII)
_UNDERSCORES = re.compile(r"[-+]?[1-9][0-9]*(?:_[0-9]+)+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII)

# Python refuses to read longer ones, and no number of a schedule is that long.
_MOST_DIGITS = 300


class Plain(NamedTuple):
    """The value, and for the surprising ones what it means to YAML (`the number 750`)."""

    value: Any
    surprise: str | None = None


@lru_cache(maxsize=4096)
def read_plain(text: str) -> Plain:
    """Return what a plain scalar stands for. Text that is too long to be anything else is text."""
    if text in _CONSTANTS:
        return Plain(_CONSTANTS[text])
    if text in _WORDS:
        return Plain(_WORDS[text], str(_WORDS[text]).lower())
    if len(text) > _MOST_DIGITS:
        return Plain(text)
    if _INTEGER.fullmatch(text):
        return Plain(int(text))
    if _FLOAT.fullmatch(text):
        value = float(text)
        return Plain(value, "infinity" if value in (float("inf"), float("-inf")) else None)
    return _surprising(text)


def _surprising(text: str) -> Plain:
    if _BASE_60.fullmatch(text):
        value = _base_60(text)
        return Plain(value, f"the number {value}")
    if _LEADING_ZERO.fullmatch(text):
        octal = not set(text) & {"8", "9"}
        return Plain(0, f"the number {int(text, 8)}" if octal else "not the same number to every reader")
    if _OTHER_BASE.fullmatch(text) or _UNDERSCORES.fullmatch(text):
        return Plain(0, f"the number {int(text, 0)}")
    if _DATE.fullmatch(text):
        return Plain(0, "a date")
    if _NOT_FINITE.fullmatch(text):
        return Plain(0.0, "not a finite number")
    return Plain(text)


def _base_60(text: str) -> int | float:
    value: int | float = 0
    for part in text.lstrip("+-").split(":"):
        value = value * 60 + (float(part) if "." in part else int(part))
    return -value if text.startswith("-") else value
