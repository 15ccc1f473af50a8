"""When messages come to lie on a queue, by Redis's own clock."""

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.experiments.ledger import LISTS

# Time and lengths in one step: no clock but the server's is asked.
_LOOK = """
local time, count = redis.call('TIME'), 0
for _, list in ipairs(KEYS) do count = count + redis.call('LLEN', list) end
return {time[1], time[2], count}
"""
_PAUSE_SECONDS = 0.002


def arrivals(client: Any, count: int, seconds: float) -> list[float]:
    """Watch an empty queue until it holds `count` messages, and return when each was there, in seconds since the epoch.

    A message counts from the first look that saw it, so that none is said to be sooner than it was.
    """
    came: list[float] = []
    for at, length in _looks(client, seconds):
        came += [at] * (min(length, count) - len(came))
        if len(came) == count:
            return came
    raise TimeoutError(f"{len(came)} of {count} messages came within {seconds:g} s")


def _looks(client: Any, seconds: float) -> Iterator[tuple[float, int]]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        whole, micros, length = client.eval(_LOOK, len(LISTS), *LISTS)
        yield int(whole) + int(micros) / 1e6, length
        time.sleep(_PAUSE_SECONDS)
