"""A server, a file of jobs and any number of real beats, in a folder of their own."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from benchmarks.experiments.ledger import Account, Ledger, Schedules, Window
from benchmarks.experiments.server import DurableServer
from scheduler.store.keys import Keys
from tests.acceptance.processes import Running, running
from tests.proxy import Proxy
from tests.servers import client_url, wait_for

BEAT = ("scheduler", "beat")
KEYS = Keys("scheduler:")
START_SECONDS = 60.0


class Testbed:
    """Made by `set_up`. The jobs of its file go to the queue that the ledger takes from."""

    # Its name is not that of a class of tests.
    __test__ = False

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        jobs: str,
        fsync: str,
        environments: Iterator[Mapping[str, str]],
        by_proxy: bool,
    ) -> None:
        self._folder = folder
        self._stack = stack
        self._environments = environments
        self._is_by_proxy = by_proxy
        self._fsync = fsync
        self._replicas = 0
        self.file = folder / "schedules.yaml"
        self.file.write_text(jobs)
        self.schedules = Schedules(self.file)
        self.server = DurableServer(folder / "server", fsync)
        stack.callback(self.server.kill)
        self.server.start()
        self.client = self.server.client
        self.ledger = Ledger(self.client, KEYS, self.schedules)
        self.replica: DurableServer | None = None
        # Between the beats and the server. Our own client goes past it.
        self.proxy = stack.enter_context(Proxy(folder / "proxy.sock", self.server.address))
        self.beats: list[Running] = []
        # Whether something is left to be looked into.
        self.keeps_logs = False

    def start_beat(self, *command: str, **environment: str) -> Running:
        """Start one more beat, by another command than usual if one is given."""
        own = {
            "SCHEDULER_FILE": str(self.file),
            "SCHEDULER_REDIS_URL": client_url(self.proxy.address) if self._is_by_proxy else self.server.url,
            "SCHEDULER_DATA": str(self._folder / "data"),
            "SCHEDULER_KEY_PREFIX": KEYS.prefix,
        }
        log = self._folder / f"beat-{len(self.beats)}.log"
        own |= next(self._environments)
        started = running(*(command or BEAT), environment=own | environment, log=log, folder=self._folder)
        beat = self._stack.enter_context(started)
        self.beats.append(beat)
        return beat

    def lead(self, *command: str, **environment: str) -> Running:
        """Start a beat, and wait until it leads and its file is installed."""
        beat = self.start_beat(*command, **environment)
        self.wait(lambda: self.leader() is beat, "the first beat to lead")
        self.wait_installed()
        return beat

    def add_replica(self) -> DurableServer:
        """Start another server, and wait until it has all that the server has."""
        self._replicas += 1
        replica = DurableServer(self._folder / f"replica-{self._replicas}", self._fsync)
        self._stack.callback(replica.kill)
        replica.start("--replicaof", f"127.0.0.1 {self.server.port}")
        self.wait(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica to be ready")
        self.replica = replica
        return replica

    def follow(self, server: DurableServer) -> None:
        """Let the beats' next connections, and our own, be those to another server."""
        self.proxy.target = server.address
        self.server, self.replica = server, None
        self.client = server.client
        self.ledger.ask(server.client)

    def due(self) -> int:
        """Return how many entries are due."""
        count: int = self.client.zcount(KEYS.schedule, 0, time.time())
        return count

    def wait_installed(self) -> None:
        jobs = len(self.schedules.jobs)
        wait_for(lambda: self.client.zcard(KEYS.schedule) == jobs, 600, f"{jobs} jobs to be installed")

    def leader(self) -> Running | None:
        """Return the living beat that holds the lease."""
        token = self.client.get(KEYS.lock)
        return next((beat for beat in self.living() if token and self._name(beat).endswith(f":{token[:6]}")), None)

    def standby(self) -> Running | None:
        """Return a living beat that has told of itself and does not hold the lease."""
        leader = self.leader()
        return next((beat for beat in self.living() if beat is not leader and self._name(beat)), None)

    def announced(self, beat: Running) -> dict[str, Any]:
        """Return what a living beat has told of itself."""
        told: dict[str, Any] = json.loads(self.client.hget(KEYS.beats, self._name(beat)))
        return told

    def living(self) -> list[Running]:
        return [beat for beat in self.beats if beat.process.poll() is None]

    def wait_for_two(self) -> None:
        """Wait until one leads and another stands by."""
        self.wait(lambda: self.leader() and self.standby(), "one to lead and one to stand by")

    def wait(self, condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
        wait_for(condition, seconds, _Logs(what, self.beats))

    def drain(self, until: datetime, seconds: float = 30.0) -> None:
        """Take messages until nothing is due any more that was due until then, or the time is over."""
        deadline = time.monotonic() + seconds
        # A schedule moves on in one step with its message: what has moved on is on the queue.
        while self.client.zcount(KEYS.schedule, 0, until.timestamp()) and time.monotonic() < deadline:
            self.ledger.take()
            time.sleep(0.01)
        self.ledger.take()

    def settle(self, window: Window, seconds: float = 30.0) -> Account:
        """Account for a window, when nothing of it is due any more or the time is over."""
        self.drain(window.until, seconds)
        account = self.ledger.close(window)
        # What a server has forgotten comes again.
        self.keeps_logs |= not account.is_exact and not (self.server.was_cut and account.lost == 0)
        return account

    def _name(self, beat: Running) -> str:
        names = self.client.hkeys(KEYS.beats)
        return next((str(name) for name in names if f":{beat.process.pid}:" in name), "")


class _Logs:
    """What was waited for, and the end of each log."""

    def __init__(self, what: str, beats: list[Running]) -> None:
        self._what = what
        self._beats = beats

    def __str__(self) -> str:
        return "\n".join([self._what, *(f"--- {beat.log.name}\n{beat.text[-1500:]}" for beat in self._beats[-3:])])


@contextmanager
def set_up(
    jobs: str,
    fsync: str = "everysec",
    environments: Iterable[Mapping[str, str]] | None = None,
    *,
    by_proxy: bool = False,
) -> Iterator[Testbed]:
    """Set one up. Its folder is removed at the end, but kept, with its logs, where something went wrong.

    One beat after the other gets what the next of the endless `environments` adds to its own. Beats reach the server
    directly, or `by_proxy`, which can make much go wrong.
    """
    folder = Path(tempfile.mkdtemp(prefix="scheduler-bench-"))
    keeps_logs = True
    try:
        with ExitStack() as stack:
            bed = Testbed(folder, stack, jobs, fsync, iter(environments or repeat({})), by_proxy)
            yield bed
        keeps_logs = bed.keeps_logs
    finally:
        if keeps_logs:
            print(f"the logs are in {folder}", flush=True)
        else:
            shutil.rmtree(folder)


def now() -> datetime:
    return datetime.now(UTC)


def sleep_until(instant: float) -> None:
    """Sleep until so many seconds since the epoch."""
    time.sleep(max(0.0, instant - time.time()))
