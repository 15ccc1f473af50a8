"""How fast a burst is dispatched: N jobs due at one instant, with real beat processes, against stock RedBeat.

    python benchmarks/burst.py [--jobs 10000]

Measured from the instant at which the jobs are due until the last of their messages is on the queue. "Warm" is a beat
that was running before; "cold" is one that starts when the burst is due already. Each system gets a server of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis import Redis

from scheduler.settings import child_environment

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.servers import client_url, embedded_valkey, running_server, wait_for

QUEUES = ("scheduler", "scheduler\x06\x163", "celery")
BIN = Path(sys.executable).parent

STOCK_APP = """
from celery import Celery
app = Celery("stock", broker={broker!r})
app.conf.update(redbeat_redis_url={url!r}, redbeat_redis_options={{}}, beat_max_loop_interval=1, result_expires=None)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    jobs = parser.parse_args().jobs
    with tempfile.TemporaryDirectory(prefix="burst-") as name, running_server(embedded_valkey()) as address:
        folder, url = Path(name), client_url(address)
        warm = ours(folder, url, jobs)
        cold = ours_cold(folder, url, jobs)
        Redis.from_url(url).flushall()
        stock = stock_redbeat(folder, url, jobs)
    print(f"{jobs} jobs due in one second, from the due instant to the last message on the queue")
    for label, seconds in (("warm", warm), ("cold", cold), ("stock RedBeat", stock)):
        print(f"{label:14} {seconds:8.3f} s  {jobs / seconds:9.0f} a second  {stock / seconds:6.1f} x stock")


def ours(folder: Path, url: str, jobs: int) -> float:
    """Seconds for a burst that a running beat saw coming; the second of two, when everything was used once."""
    write_file(folder, jobs)
    with beat(folder, url):
        client: Any = Redis.from_url(url)
        wait_for(lambda: client.zcard("scheduler::schedule") == jobs, 120, "the jobs to be installed")
        burst(client, jobs)
        return burst(client, jobs)


def ours_cold(folder: Path, url: str, jobs: int) -> float:
    """Seconds for a burst that is due when beat starts, from the moment at which it leads."""
    client: Any = Redis.from_url(url)
    next_minute(client)
    client.delete(*QUEUES)
    with beat(folder, url) as log:
        wait_for(lambda: "beat.leading" in log.read_text(), 30, "the beat to lead")
        started = time.time()
        wait_for(lambda: queued(client) >= jobs, 120, "the burst")
        return time.time() - started


def stock_redbeat(folder: Path, url: str, jobs: int) -> float:
    """Seconds for the same burst with RedBeat's own scheduler and Celery's crontab."""
    from celery import Celery
    from celery.schedules import crontab  # noqa: TID251 (it is what stock RedBeat runs on)
    from redbeat import RedBeatSchedulerEntry

    broker = url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    (folder / "stock.py").write_text(STOCK_APP.format(broker=broker, url=url))
    app = Celery("stock", broker=broker, set_as_current=False)
    app.conf.update(redbeat_redis_url=url, redbeat_redis_options={})
    for number in range(jobs):
        RedBeatSchedulerEntry(f"job-{number}", "bench.task", crontab(), args=[number], app=app).save()
    command = [BIN / "celery", "-A", "stock", "beat", "-S", "redbeat.RedBeatScheduler", "--loglevel=warning"]
    with process(command, folder, {}):
        client: Any = Redis.from_url(url)
        wait_for(lambda: client.exists("redbeat::lock"), 30, "stock beat to lead")
        return burst(client, jobs)


def burst(client: Any, jobs: int) -> float:
    """Wait for the next whole minute, and return the seconds from it to the last message."""
    due = next_minute(client, early=True)
    client.delete(*QUEUES)
    wait_for(lambda: queued(client) >= jobs, 180, "the burst")
    return server_time(client) - due


def next_minute(client: Any, early: bool = False) -> float:
    now = datetime.fromtimestamp(server_time(client), UTC)
    due = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    if (due - now).total_seconds() < 8:
        # Too close for a beat that has just started to be called running.
        due += timedelta(minutes=1)
    time.sleep((due - now).total_seconds() - (3 if early else -0.5))
    return due.timestamp()


def server_time(client: Any) -> float:
    seconds, micros = client.time()
    return float(seconds + micros / 1e6)


def queued(client: Any) -> int:
    pipe = client.pipeline(transaction=False)
    for queue in QUEUES:
        pipe.llen(queue)
    time.sleep(0.005)
    return sum(pipe.execute())


def write_file(folder: Path, jobs: int) -> None:
    lines = [f"  job-{number}: {{cron: '* * * * *', task: bench.task, args: [{number}]}}" for number in range(jobs)]
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
    main()
