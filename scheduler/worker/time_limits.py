"""The time limits that a message has for its task."""

import math
from typing import Any

Limits = tuple[float | None, float | None]


def time_limits(value: Any) -> Limits | None:
    """Return the hard limit and the soft one, in seconds; None for what is no pair of them, which anybody may write."""
    if value is None:
        return None, None
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_limit, value)):
        return None
    return value[0], value[1]


def _is_limit(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and math.isfinite(value))
