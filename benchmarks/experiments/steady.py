"""Jobs that are due each second, so that any moment without a leader or a server is seen."""

import math
import time
from datetime import datetime

from benchmarks.experiments.ledger import QUEUE, Account, Window
from benchmarks.experiments.testbed import Testbed, now

_LOOK_SECONDS = 0.002
_GIVE_UP_SECONDS = 60.0


def steady_jobs(count: int) -> str:
    """Return a file of jobs that are due each second, and of which no occurrence may be left out."""
    line = f"{{every: 1s, task: bench.task, queue: {QUEUE}, catch_up: all}}"
    return "jobs:\n" + "".join(f"  job-{number}: {line}\n" for number in range(count))


class Steady:
    """The account of such jobs, closed from time to time."""

    def __init__(self, bed: Testbed) -> None:
        self._bed = bed
        self._after = now()

    def first(self, after: datetime) -> float:
        """Wait for a run with a nominal time after this one, and return when it was read, in seconds since the epoch.

        Infinite where none comes for a minute.
        """
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            self._bed.ledger.take()
            if come := [one.at for one in self._bed.ledger.seen.values() if one.nominal > after]:
                return min(come)
            time.sleep(_LOOK_SECONDS)
        return math.inf

    def close(self) -> Account:
        """Account for all that was due since the last time."""
        account = self._bed.settle(window := Window(self._after, now()))
        self._after = window.until
        return account
