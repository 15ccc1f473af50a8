"""How fast a burst is dispatched: N jobs due at one instant, with real beat processes, against stock RedBeat.

    python benchmarks/burst.py [--jobs 10000] [--repeat 3]

Measured from the instant at which the jobs are due until their messages are on the queue. "Warm" is a beat that was
running before; "cold" is one that starts when the burst is due already, measured from the moment at which it leads. All
run one after the other on the same machine, each with an embedded server of its own. "With ledger" is a warm beat
whose queue has workers that keep the ledger, so that each run is placed among those of its job that have not ended. Of
several bursts the median counts. Exits with 1 below 25 times stock, where of 1,000 jobs the 99th percentile is later
than 50 ms, or where bursts with ledger take over 15 % longer.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from redis import Redis

from scheduler.settings import child_environment

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import client_url, embedded_valkey, running_server, wait_for

LEAST_RATIO = 25.0
LATEST = 0.050
MOST_FOR_LEDGER = 1.15
FEW = 1_000
PERIOD = 10
QUEUES = ("scheduler", "scheduler\x06\x163", "celery")
BIN = Path(sys.executable).parent

STOCK_APP = """
from celery import Celery
app = Celery("stock", broker={broker!r})
app.conf.update(redbeat_redis_url={url!r}, redbeat_redis_options={{}}, beat_max_loop_interval=1, result_expires=None)
# A burst takes it longer than the lock lasts by default, and it ends then.
app.conf.redbeat_lock_timeout = 300
"""


class Burst(NamedTuple):
    """How late messages were on the queue, in seconds after they were due."""

    p50: float
    p99: float
    last: float

    @classmethod
    def median(cls, bursts: Sequence["Burst"]) -> "Burst":
        """Return the median of each figure."""
        return cls(*(statistics.median(figures) for figures in zip(*bursts, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3, help="how many bursts of each kind are measured")
    options = parser.parse_args()
    jobs, repeat = options.jobs, options.repeat
    many = {
        "warm": apart(lambda folder, url: warm(folder, url, jobs, repeat)),
        "with ledger": apart(lambda folder, url: warm(folder, url, jobs, repeat, is_ledgered=True)),
        "cold": apart(lambda folder, url: cold(folder, url, jobs, repeat)),
        "stock RedBeat": apart(lambda folder, url: stock(folder, url, jobs, repeat)),
    }
    few = apart(lambda folder, url: warm(folder, url, FEW, repeat))
    return show(jobs, many, few)


def show(jobs: int, many: dict[str, list[Burst]], few: list[Burst]) -> int:
    medians = {label: Burst.median(bursts) for label, bursts in many.items()}
    slowest = medians["stock RedBeat"].last
    print(f"{jobs:,} jobs due in one second, from the due instant to the last message on the queue")
    for label, burst in medians.items():
        ratio = slowest / burst.last
        print(f"  {label:14} {burst.last:8.3f} s  {jobs / burst.last:9,.0f} a second  {ratio:6.1f} x stock")
    late = Burst.median(few)
    print(f"{FEW:,} jobs due in one second, how late their messages are on the queue")
    print(
        "  warm           " + "  ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in late._asdict().items())
    )
    print(f"(medians of {len(few)}; warm bursts: {', '.join(f'{burst.last:.3f}' for burst in many['warm'])} s)")
    longer = medians["with ledger"].last / medians["warm"].last
    ledgered = ", ".join(f"{burst.last:.3f}" for burst in many["with ledger"])
    print(f"with ledger {longer:.2f} times the time of those without ({ledgered} s)")
    return int(slowest / medians["warm"].last < LEAST_RATIO or late.p99 > LATEST or longer > MOST_FOR_LEDGER)


def apart(measure: Callable[[Path, str], list[Burst]]) -> list[Burst]:
    """Measure in an empty folder, with an empty server."""
    with tempfile.TemporaryDirectory(prefix="burst-") as name, running_server(embedded_valkey()) as address:
        return measure(Path(name), client_url(address))


def warm(folder: Path, url: str, jobs: int, repeat: int, is_ledgered: bool = False) -> list[Burst]:
    """Bursts that a running beat saw coming, but for the first, with which everything is used once."""
    write_file(folder, jobs)
    client: Any = Redis.from_url(url)
    if is_ledgered:
        client.sadd("scheduler::ledgered", QUEUES[0])
    with beat(folder, url):
        wait_for(lambda: client.zcard("scheduler::schedule") == jobs, 120, "the jobs to be installed")
        bursts = [watch(client, jobs, next_due(client)) for _ in range(repeat + 1)][1:]
    assert is_ledgered is any(True for _ in client.scan_iter("scheduler::live:*")), "the beat did not see which it was"
    return bursts


def cold(folder: Path, url: str, jobs: int, repeat: int) -> list[Burst]:
    """Bursts that are due when beat starts, from the moment at which it leads."""
    write_file(folder, jobs)
    client: Any = Redis.from_url(url)
    with beat(folder, url):
        wait_for(lambda: client.zcard("scheduler::schedule") == jobs, 120, "the jobs to be installed")
    return [_cold(folder, url, client, jobs) for _ in range(repeat)]


def _cold(folder: Path, url: str, client: Any, jobs: int) -> Burst:
    due = next_due(client)
    # As if the beat had stopped right before: one occurrence is due, and none was missed.
    entries = client.zrange("scheduler::schedule", 0, -1)
    client.zadd("scheduler::schedule", dict.fromkeys(entries, due))
    client.delete(*QUEUES)
    wait_for(lambda: server_time(client) > due, 2 * PERIOD, "the jobs to be due")
    with beat(folder, url) as log:
        wait_for(lambda: "beat.leading" in log.read_text(), 30, "the beat to lead")
        return watch(client, jobs, server_time(client), is_empty=False)


def stock(folder: Path, url: str, jobs: int, repeat: int) -> list[Burst]:
    """The same bursts with RedBeat's own scheduler and the simplest of Celery's schedules."""
    from celery import Celery
    from celery.schedules import schedule
    from redbeat import RedBeatSchedulerEntry

    broker = url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    (folder / "stock.py").write_text(STOCK_APP.format(broker=broker, url=url))
    app = Celery("stock", broker=broker, set_as_current=False)
    app.conf.update(redbeat_redis_url=url, redbeat_redis_options={})
    hourly = schedule(timedelta(hours=1))
    for number in range(jobs):
        RedBeatSchedulerEntry(f"job-{number}", "bench.task", hourly, args=[number], app=app).save()
    command = [BIN / "celery", "-A", "stock", "beat", "-S", "redbeat.RedBeatScheduler", "--loglevel=warning"]
    client: Any = Redis.from_url(url)
    with process(command, folder, {}):
        wait_for(lambda: client.exists("redbeat::lock"), 30, "stock beat to lead")
        return [_stock(client, jobs) for _ in range(repeat)]


def _stock(client: Any, jobs: int) -> Burst:
    from redbeat.decoder import RedBeatJSONEncoder

    due = next_due(client)
    last_run = datetime.fromtimestamp(due, UTC) - timedelta(hours=1)
    meta = json.dumps({"last_run_at": last_run}, cls=RedBeatJSONEncoder)
    names = [f"redbeat:job-{number}" for number in range(jobs)]
    pipe = client.pipeline()
    for name in names:
        pipe.hset(name, "meta", meta)
    pipe.zadd("redbeat::schedule", dict.fromkeys(names, due))
    pipe.execute()
    return watch(client, jobs, due)


def watch(client: Any, jobs: int, due: float, is_empty: bool = True) -> Burst:
    """Wait for the burst, and see when each message came."""
    if is_empty:
        # Right before it is due: what was due a period earlier may have come until then.
        time.sleep(max(0.0, due - server_time(client) - 0.5))
        client.delete(*QUEUES)
        forget_live(client)
        time.sleep(max(0.0, due - server_time(client) - 0.05))
    seen = [(0.0, 0)]
    deadline = due + 120
    while seen[-1][1] < jobs:
        now, queued = look(client)
        assert now < deadline, f"{queued} of {jobs} messages after two minutes"
        seen.append((now - due, queued))
        time.sleep(0.001)
    return Burst(*(next(late for late, queued in seen if queued >= part * jobs) for part in (0.50, 0.99, 1.0)))


def forget_live(client: Any) -> None:
    """Let the runs of earlier bursts stand in nobody's way, as if they had ended."""
    for kind in ("live", "waiting"):
        keys = list(client.scan_iter(f"scheduler::{kind}:*", count=10_000))
        for start in range(0, len(keys), 1_000):
            client.unlink(*keys[start : start + 1_000])


def look(client: Any) -> tuple[float, int]:
    """Return the server's time and how many messages lie on the queue."""
    pipe = client.pipeline(transaction=False)
    pipe.time()
    for queue in QUEUES:
        pipe.llen(queue)
    (seconds, micros), *lengths = pipe.execute()
    return seconds + micros / 1e6, sum(lengths)


def next_due(client: Any) -> float:
    """Return the next instant at which jobs are due, far enough away for a beat to be at rest before."""
    due = (server_time(client) // PERIOD + 1) * PERIOD
    return due if due - server_time(client) > 4 else due + PERIOD


def server_time(client: Any) -> float:
    return look(client)[0]


def write_file(folder: Path, jobs: int) -> None:
    lines = [f"  job-{number}: {{every: {PERIOD}s, task: bench.task, args: [{number}]}}" for number in range(jobs)]
    (folder / "schedules.yaml").write_text("jobs:\n" + "\n".join(lines) + "\n")


@contextmanager
def beat(folder: Path, url: str) -> Iterator[Path]:
    environment = {"SCHEDULER_REDIS_URL": url, "SCHEDULER_DATA": str(folder / "data")}
    command = [BIN / "celery", "-A", "scheduler", "beat", "--loglevel=info"]
    with process(command, folder, environment) as log:
        yield log


@contextmanager
def process(command: list[Any], folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    log = folder / f"{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            command, cwd=folder, env=child_environment(**environment), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield log
    finally:
        running.terminate()
        running.wait(60)


if __name__ == "__main__":
    sys.exit(main())
