"""Kill the children of `scheduler up` at random: how long until the service is whole again, and what is left behind?

Whole means that every child works and that a run dispatched since then has written its file.

    python benchmarks/restarts.py [--rounds 20] [--seed 1]
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from scheduler.heartbeat import Scalar, read
from tests.servers import wait_for
from tests.services import Awaited, Service, is_alive, parent, scheduler_up, wait_until_gone
from tests.services import read as read_proc

# A run whose worker was killed is called lost after 15 seconds only: those after it do not wait for that here.
SCHEDULES = """\
jobs:
  tick:
    every: 1s
    overlap: allow
    report: {database: "sqlite://", query: SELECT 'it works' AS tick, deliver: [{file: tick.csv}]}
"""

CHILDREN = {
    "valkey": b"valkey-server",
    "beat": b" scheduler beat",
    "worker": b" worker --only tasks",
    "commands": b" worker --only commands",
}
LIMIT_SECONDS = 10.0
START_SECONDS = 30.0


class Watch:
    """Looks at a running service from outside."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._data = service.folder / ".scheduler"
        self._output = self._data / "output" / "tick.csv"
        self._restarts = dict.fromkeys(CHILDREN, 0)
        self._gone: list[int] = []

    def children(self) -> dict[str, int]:
        """Return the pid of each child that the supervisor has now."""
        supervisor = self._service.process.pid
        mine = [pid for pid in self._service.pids() if parent(pid) == supervisor]
        return {name: pid for pid in mine for name in CHILDREN if _runs(pid, name)}

    def kill(self, name: str) -> None:
        """Kill the child and remember the processes below it, which must go too."""
        victim = self.children()[name]
        self._gone = [victim, *(pid for pid in self._service.pids() if parent(pid) == victim)]
        # Not one for each kill: a worker may also end by itself when its server goes away under it.
        self._restarts[name] = self._restarts_of(name) + 1
        os.kill(victim, signal.SIGKILL)

    def wait_until_whole(self, seconds: float) -> None:
        """Wait until every child works, and a run since then has written its file."""
        deadline = time.monotonic() + seconds
        wait_for(self._all_work, seconds, Awaited("work of every child", self._service))
        since = time.time()
        left = deadline - time.monotonic()
        wait_for(lambda: self._written_at() > since, left, Awaited("the file of a run", self._service))

    def orphans(self) -> list[int]:
        """Return what is alive of the killed, and what the supervisor adopted."""
        adopted = {pid for pid in self._service.pids() if parent(pid) == self._service.process.pid}
        return sorted({pid for pid in self._gone if is_alive(pid)} | adopted - set(self.children().values()))

    def _all_work(self) -> bool:
        state = self._state()
        return all(
            state.get(name) == "running" and self._restarts_of(name) >= restarts
            for name, restarts in self._restarts.items()
        )

    def _restarts_of(self, name: str) -> int:
        count = self._state().get(f"{name}_restarts", 0)
        assert isinstance(count, int)
        return count

    def _state(self) -> dict[str, Scalar]:
        return next((pulse.state for pulse in read(self._data) if pulse.role == "up"), {})

    def _written_at(self) -> float:
        try:
            return self._output.stat().st_mtime
        except FileNotFoundError:
            return 0.0


def _runs(pid: int, name: str) -> bool:
    words = read_proc(pid, "cmdline").replace(b"\0", b" ").strip()
    return CHILDREN[name] in words


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill the children of `scheduler up` at random.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scheduler-restarts-") as name:
        (Path(name) / "schedules.yaml").write_text(SCHEDULES)
        first = _seconds_to_first_run(Path(name))
        print(f"first start to the first file:  {first:.2f} s")
        second = _seconds_to_first_run(Path(name))
        print(f"second start to the first file: {second:.2f} s")
        return _rounds(Path(name), options.rounds, random.Random(options.seed))


def _seconds_to_first_run(folder: Path) -> float:
    (folder / ".scheduler" / "output" / "tick.csv").unlink(missing_ok=True)
    before = time.monotonic()
    with scheduler_up(folder) as service:
        wait_for(
            (folder / ".scheduler" / "output" / "tick.csv").exists, START_SECONDS, Awaited("the file of a run", service)
        )
        taken = time.monotonic() - before
        service.stop()
    return taken


def _rounds(folder: Path, rounds: int, chance: random.Random) -> int:
    taken: list[float] = []
    orphans = 0
    with scheduler_up(folder) as service:
        watch = Watch(service)
        watch.wait_until_whole(START_SECONDS)
        for number in range(1, rounds + 1):
            name = chance.choice(CHILDREN)
            watch.kill(name)
            before = time.monotonic()
            watch.wait_until_whole(START_SECONDS)
            taken.append(time.monotonic() - before)
            left = watch.orphans()
            orphans += len(left)
            print(f"{number:3}  {name:6}  whole again in {taken[-1]:5.2f} s  orphans {len(left)}", flush=True)
        code = service.stop()
        wait_until_gone(service)
    print(f"median {statistics.median(taken):.2f} s, longest {max(taken):.2f} s (limit {LIMIT_SECONDS:g} s)")
    print(f"orphans {orphans}, exit code {code}, processes left 0")
    return int(max(taken) > LIMIT_SECONDS or orphans > 0 or code != 0)


if __name__ == "__main__":
    sys.exit(main())
