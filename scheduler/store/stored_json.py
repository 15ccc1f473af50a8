"""JSON that lies in Redis, where anybody may have written it.

Python reads, shows and writes what is nested by recursion, and ends with a RecursionError at some depth that depends on
who asks. What is read here is never nested so deep that what is done with it afterwards could.
"""

import json
from collections.abc import Iterator
from typing import Any

# More than a file can say, whose values have 64 levels at most.
MAX_DEPTH = 100

_TOO_DEEP = f"it is nested too deep, expected at most {MAX_DEPTH} levels"


def parse(text: str, decoder: type[json.JSONDecoder] | None = None) -> Any:
    """Return what the text says.

    Raises ValueError for what is no JSON or nested too deep, and what the decoder raises.
    """
    try:
        # Counting is a hundred times as fast as reading, and tells of nearly every text that it is flat enough.
        if text.count("[") + text.count("{") > MAX_DEPTH:
            _check_depth(json.loads(text))
        return json.loads(text, cls=decoder)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _collections_in(outer)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _collections_in(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                yield inner
