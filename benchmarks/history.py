"""How much longer commands take that look at the ledger when it is full: 100,000 runs against 1,000.

    python benchmarks/history.py [--runs 100000] [--rounds 9] [--only "why job-7"]

Two embedded servers with the same hundred jobs, one with many runs and one with few; of each hundred runs one has
failed, and a hundred have not ended. Each command is a whole process, from the interpreter's start to its end; both
servers are asked in turn, so that a busy machine slows both, and the medians are compared. Exits with 1 over 1.5x.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scheduler.jobs import message
from scheduler.settings import child_environment
from scheduler.store.client import connect
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.queues import note_used
from scheduler.store.runs.transitions import Transition
from scheduler.store.server import RedisUrl

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import client_url, embedded_valkey, running_server

LIMIT = 1.5
FEW = 1_000
JOBS = 100
LIVE = 100
AT_ONCE = 1_000
COMMANDS = (
    "runs",
    "runs job-7",
    "runs --outcome failed",
    "runs --since 1h --json",
    "why job-7",
    "why job-7 --at {some}",
    "why job-7 --at {none}",
    "list",
)
KEYS = Keys("scheduler:")

# ARGV: …, 1 for runs that have not ended, then pairs of a run and when it was dispatched, in milliseconds.
FILL = """
for i = 4, #ARGV, 2 do
  local run, at = ARGV[i], ARGV[i + 1]
  redis.call('HSET', row_of(run), 'v', 1, 'state', 'running', 'dispatched', at, 'late', 3, 'started', at, 'begun', at,
    'worker', 'one@host/1', 'attempt', 1)
  if ARGV[3] == '1' then
    redis.call('ZADD', P .. ':live:' .. job_of(run), at, run)
    redis.call('ZADD', P .. ':leases', at, run)
  else
    end_run(run, i % 200 == 6 and 'failed' or 'succeeded', '', {'summary', '1,204 rows'})
  end
end
"""


def main() -> int:
    """Fill both servers, measure each command on both, print the ratios, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", help="measure this command alone")
    options = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    with ExitStack() as stack:
        few, many = (stack.enter_context(Place(runs, now)) for runs in (FEW, options.runs))
        ratios = [
            ratio(command, few, many, now, options.rounds) for command in COMMANDS if options.only in (None, command)
        ]
    print(f"limit {LIMIT}, {options.rounds} rounds, {options.runs:,} runs against {FEW:,}")
    return 0 if max(ratios) <= LIMIT else 1


class Place:
    """A server with so many runs that ended, the latest just now."""

    def __init__(self, runs: int, now: datetime) -> None:
        self._runs = runs
        self._now = now
        self._stack = ExitStack()

    def __enter__(self) -> "Place":
        address = self._stack.enter_context(running_server(embedded_valkey()))
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        jobs = "".join(f'  job-{number}: {{cron: "@hourly", task: a.b}}\n' for number in range(JOBS))
        (self._folder / "schedules.yaml").write_text(f"jobs:\n{jobs}")
        self._environment = child_environment(SCHEDULER_REDIS_URL=client_url(address), SCHEDULER_DATA=str(self._folder))
        self.call("apply")
        self._fill(client_url(address))
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def call(self, command: str) -> float:
        """Return the wall time of one process."""
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "scheduler", *command.split()],
            cwd=self._folder,
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - start

    def _fill(self, url: str) -> None:
        client = connect(RedisUrl.parse(url))
        note_used(client, KEYS, ["scheduler"])
        fill = Transition(client, KEYS, FILL)
        ended = list(runs(self._now - timedelta(seconds=self._runs), self._runs))
        for start in range(0, self._runs, AT_ONCE):
            fill(milliseconds(self._now), 0, *flat(ended[start : start + AT_ONCE]))
        fill(milliseconds(self._now), 1, *flat(list(runs(self._now, LIVE))))
        client.close()


def runs(first: datetime, number: int) -> Iterator[tuple[str, int]]:
    """Yield names of runs and when they were dispatched: one each second, of each job in turn."""
    for index in range(number):
        at = first + timedelta(seconds=index)
        yield message.run_id(f"job-{index % JOBS}", at), milliseconds(at)


def flat(pairs: Sequence[tuple[str, int]]) -> list[str | int]:
    """Return both of each pair in turn."""
    return [one for pair in pairs for one in pair]


def ratio(command: str, few: Place, many: Place, now: datetime, rounds: int) -> float:
    """Measure one command on both sides, print it, and return the one by the other."""
    # Job 7 ran at each hundredth second, counted from the first.
    some = now - timedelta(seconds=JOBS - 7)
    none = some + timedelta(seconds=50)
    asked = command.format(some=some.isoformat(), none=none.isoformat())
    pairs = [(few.call(asked), many.call(asked)) for _ in range(rounds + 1)]
    # The first round warms the caches of the file system.
    less, more = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    print(f"{command:24} {less * 1000:6.0f} ms   {more * 1000:6.0f} ms   ratio {more / less:.2f}", flush=True)
    return more / less


if __name__ == "__main__":
    sys.exit(main())
