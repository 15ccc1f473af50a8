"""What was enqueued, set against what the schedules say should have been."""

import json
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from scheduler.jobs import message
from scheduler.jobs.load import load
from scheduler.store.commit import MISSED
from scheduler.store.keys import Keys
from scheduler.timetable import Timetable

QUEUE = "bench"
# The second is kombu's list for the default priority of jobs.
LISTS = (QUEUE, f"{QUEUE}\x06\x163")
# What must be zero in an account.
WRONG = ("lost", "repeated", "strange", "early", "unrecorded", "missed")
_BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Window:
    """The nominal times in (after, until]; aware."""

    after: datetime
    until: datetime

    def holds(self, nominal: datetime) -> bool:
        return self.after < nominal <= self.until


@dataclass(frozen=True, slots=True)
class Account:
    """How a window came out, in numbers of runs; `expected` apart, they should be zero.

    `lost` were never enqueued and `repeated` more than once; `strange` no schedule names; `early` came before their
    time; `unrecorded` have no row; `missed` have a row that says so. `reread` were taken once and lay on the queue
    again, with the same message: the server had forgotten that they were taken. The `latest` was read so many seconds
    after its time.
    """

    expected: int
    lost: int
    repeated: int
    strange: int
    early: int
    unrecorded: int
    missed: int
    reread: int
    latest: float

    @property
    def is_exact(self) -> bool:
        return not any(getattr(self, name) for name in WRONG)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The first message of a run: kombu's own name for it, and when it was read, in seconds since the epoch."""

    nominal: datetime
    tag: str
    at: float

    @property
    def late(self) -> float:
        """How long after its time it was read, in seconds."""
        return self.at - self.nominal.timestamp()


class Schedules:
    """The jobs of a file, asked when they should have run."""

    def __init__(self, file: Path) -> None:
        self.jobs = load(file, {}, max_bytes=file.stat().st_size).file.jobs

    def runs(self, window: Window) -> list[str]:
        """Return the id of each run that was due in the window."""
        known: dict[Timetable, list[str]] = {}
        return [f"{job.name}@{at}" for job in self.jobs.values() for at in _instants(job.timetable, window, known)]


def _instants(timetable: Timetable, window: Window, known: dict[Timetable, list[str]]) -> list[str]:
    if timetable not in known:
        known[timetable] = [message.instant(one.nominal) for one in timetable.due(window.after, window.until)]
    return known[timetable]


class Ledger:
    """Takes the messages off the queue, and remembers which run each of them is."""

    def __init__(self, client: Any, keys: Keys, schedules: Schedules) -> None:
        self._client = client
        self._keys = keys
        self._schedules = schedules
        self._closed_until: datetime | None = None
        self.seen: dict[str, Sighting] = {}
        self.repeated: list[str] = []
        self.reread: list[str] = []
        self.early: list[str] = []

    def ask(self, client: Any) -> None:
        """Take messages from another server from now on."""
        self._client = client

    def waiting(self) -> int:
        """Return how many messages lie on the queue."""
        return sum(self._client.llen(name) for name in LISTS)

    def take(self) -> int:
        """Take all that lies there, and return how much that was. Raises redis.RedisError."""
        taken = 0
        for name in LISTS:
            # Read first and removed after: a server that dies in between keeps what was not read.
            while texts := self._client.lrange(name, -_BLOCK, -1):
                at = time.time()
                for text in reversed(texts):
                    self._note(json.loads(text), at)
                self._client.ltrim(name, 0, -len(texts) - 1)
                taken += len(texts)
        return taken

    def close(self, window: Window) -> Account:
        """Account for a window, and forget it. What still comes of it is counted in the next one as repeated."""
        expected = set(self._schedules.runs(window))
        came = [run for run, sighting in self.seen.items() if window.holds(sighting.nominal)]
        account = Account(
            expected=len(expected),
            lost=len(expected - self.seen.keys()),
            repeated=len(self.repeated),
            strange=sum(run not in expected for run in came),
            early=len(self.early),
            unrecorded=self._unrecorded(expected),
            missed=self._missed(),
            reread=len(self.reread),
            latest=round(max((self.seen[run].late for run in came), default=0.0), 3),
        )
        for run in came:
            del self.seen[run]
        self.repeated.clear()
        self.reread.clear()
        self.early.clear()
        self._closed_until = window.until
        return account

    def _note(self, text: dict[str, Any], at: float) -> None:
        run, tag = text["headers"][message.RUN_ID], text["properties"]["delivery_tag"]
        nominal = datetime.fromisoformat(text["headers"][message.OCCURRENCE])
        before = self.seen.get(run)
        if before is not None:
            (self.reread if before.tag == tag else self.repeated).append(run)
        elif self._closed_until is not None and nominal <= self._closed_until:
            self.repeated.append(run)
        else:
            self.seen[run] = sighting = Sighting(nominal, tag, at)
            if sighting.late < 0:
                self.early.append(run)

    def _unrecorded(self, runs: Collection[str]) -> int:
        """Count the runs that have no row, and remove all history: that of hundreds of rounds would fill the memory."""
        unrecorded = len(runs) - self._unlink(map(self._keys.run, runs))
        self._unlink(map(self._keys.runs, self._schedules.jobs))
        self._unlink([self._keys.history])
        return unrecorded

    def _missed(self) -> int:
        missed = self._keys.outcome(MISSED.kind)
        count: int = self._client.zcard(missed)
        self._unlink([missed])
        return count

    def _unlink(self, keys: Iterable[str]) -> int:
        """Remove the keys, and return how many there were."""
        return sum(self._client.unlink(*block) for block in _blocks(keys))


def _blocks(keys: Iterable[str]) -> Iterator[list[str]]:
    left = iter(keys)
    while block := list(islice(left, _BLOCK)):
        yield block
