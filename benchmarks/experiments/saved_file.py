"""A file of jobs that is saved while others run: how soon it is in force, and how late the others are meanwhile."""

import json
import statistics
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.experiments.ledger import LISTS
from benchmarks.experiments.testbed import KEYS, Testbed
from scheduler.jobs import message
from scheduler.store.client import connect
from scheduler.store.file_record import read_file_record
from scheduler.store.server import RedisUrl
from tests.servers import wait_for

RUNNING = 20
_WATCH_SECONDS = 15.0
# From the end of a save to the next.
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late runs were on their queue, in milliseconds."""

    p50: float
    p99: float
    most: float
    count: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of some saves of one size. `seconds` are from each to the moment at which it was in force."""

    seconds: tuple[float, ...]
    still: Lateness
    meanwhile: Lateness

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def file_of(jobs: int, version: int) -> str:
    """Return a file of so many jobs, each of another content in another version, and of those that run each second."""
    every = f"task: bench.task, queue: {LISTS[0]}"
    running = [f"  each-second-{number}: {{every: 1s, {every}}}\n" for number in range(RUNNING)]
    changed = f"task: bench.task, args: [{version}]"
    rest = (
        f"  job-{n}: {{cron: '{n % 60} {n // 60 % 24} {1 + n // 1440 % 28} 1 *', {changed}}}\n"
        for n in range(jobs - RUNNING)
    )
    return "jobs:\n" + "".join(running) + "".join(rest)


def measure_saves(bed: Testbed, file: Path, jobs: int, repeat: int) -> Saved:
    """Save a file of so many jobs some times under a beat that leads; each save changes all that do not run."""
    _save(bed, file, file_of(jobs, 0))
    with _Watch(bed) as watch:
        time.sleep(_WATCH_SECONDS)
        still = watch.take()
        seconds = []
        for number in range(repeat):
            seconds.append(_save(bed, file, file_of(jobs, number + 1)))
            time.sleep(_PAUSE_SECONDS)
        return Saved(tuple(seconds), still, watch.take())


def _save(bed: Testbed, file: Path, text: str) -> float:
    """Save as editors do, and wait until it is in force."""
    before = _identity(bed)
    draft = file.with_suffix(".new")
    draft.write_text(text)
    begun = time.monotonic()
    draft.replace(file)
    wait_for(lambda: _identity(bed) != before, 120, "the file to be in force")
    return time.monotonic() - begun


def _identity(bed: Testbed) -> str:
    record = read_file_record(bed.client, KEYS)
    return record.identity if record else ""


class _Watch:
    """A thread that takes each message as it comes, by a connection of its own."""

    def __init__(self, bed: Testbed) -> None:
        self._client = connect(RedisUrl.parse(bed.server.url))
        self._client.delete(*LISTS)
        self._late: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self._thread.join()
        self._client.close()

    def take(self) -> Lateness:
        """Return how late those were that came since the last call."""
        late, self._late = sorted(self._late), []
        assert late, "nothing ran meanwhile"
        return Lateness(statistics.median(late), late[int(0.99 * (len(late) - 1))], late[-1], len(late))

    def _run(self) -> None:
        while not self._ended.is_set():
            found = self._client.brpop(LISTS, timeout=1)
            if found is not None:
                at = time.time()
                nominal = json.loads(found[1])["headers"][message.OCCURRENCE]
                self._late.append(1000 * (at - datetime.fromisoformat(nominal).timestamp()))
