"""What a beat needs when a great many jobs are installed and few of them are due."""

import json
import os
import random
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from celery import Celery
from celery.schedules import schedule
from redbeat import RedBeatSchedulerEntry

from benchmarks.experiments.kind import Kind, Size
from benchmarks.experiments.ledger import LISTS
from benchmarks.experiments.rounds import Rounds, Row
from benchmarks.experiments.testbed import KEYS, Testbed, set_up
from scheduler.jobs import message
from scheduler.store.server import RedisUrl

CPU_LIMIT_PERCENT = 3.0
MEMORY_LIMIT_MB = 250.0
LATE_LIMIT_SECONDS = 0.1
# The time that a beat has after the installation to put things in order.
_REST_SECONDS = 5
_ADDED_RUNS = 5
_WAIT_SECONDS = 10


def resident_jobs(count: int) -> str:
    """Return a file of jobs that are spread over the year, each on a day and a minute of its own."""
    task = f"task: bench.task, queue: {LISTS[0]}"
    lines = (
        f"  job-{n}: {{cron: '{n % 60} {n // 60 % 24} {1 + n // 1440 % 28} {1 + n // 40320 % 12} *', {task}}}\n"
        for n in range(count)
    )
    return "jobs:\n" + "".join(lines)


def _round(bed: Testbed, seconds: int) -> Row:
    started = time.monotonic()
    beat = bed.lead()
    installed = time.monotonic() - started
    time.sleep(_REST_SECONDS)
    used, since = cpu_seconds(beat.process.pid), time.monotonic()
    time.sleep(seconds)
    percent = 100 * (cpu_seconds(beat.process.pid) - used) / (time.monotonic() - since)
    late = _lateness_of_added(bed)
    return {
        "installed_after": round(installed, 1),
        "cpu_percent": round(percent, 2),
        "memory_mb": round(memory_mb(beat.process.pid, "VmRSS"), 1),
        "peak_mb": round(memory_mb(beat.process.pid, "VmHWM"), 1),
        "added_late": round(max(late), 3),
    }


def _lateness_of_added(bed: Testbed) -> list[float]:
    """Save an entry by RedBeat's own API, and return how late its runs were, in seconds."""
    url = bed.server.url
    with closing(Celery("theirs", set_as_current=False, broker=RedisUrl.parse(url).broker)) as app:
        app.conf.update(redbeat_redis_url=url, redbeat_redis_options={}, redbeat_key_prefix=KEYS.prefix)
        options = {"queue": LISTS[0]}
        RedBeatSchedulerEntry("added", "bench.task", schedule(1), options=options, app=app).save()
    return [_late(bed) for _ in range(_ADDED_RUNS)]


def _late(bed: Testbed) -> float:
    """Return how late the next message lay on the queue, in seconds."""
    found = bed.client.brpop(LISTS, timeout=_WAIT_SECONDS)
    at = time.time()
    assert found is not None, "the entry that was added is not dispatched"
    nominal = json.loads(found[1])["headers"][message.OCCURRENCE]
    return at - datetime.fromisoformat(nominal).timestamp()


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, name: str) -> float:
    """Return what is resident of a process now (`VmRSS`), or was at most (`VmHWM`), in megabytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def _run(rounds: Rounds, size: Size) -> None:
    def one(chance: random.Random) -> Row:
        with set_up(resident_jobs(size.jobs)) as bed:
            return _round(bed, size.seconds)

    rounds.run(one)


def _judge(rounds: Rounds) -> bool:
    percent, memory, late = (max(rounds.values(name)) for name in ("cpu_percent", "memory_mb", "added_late"))
    print(f"an idle beat used {percent:.1f} % of a core, promised {CPU_LIMIT_PERCENT:g} %")
    print(f"and {memory:.0f} MB of memory, promised {MEMORY_LIMIT_MB:g} MB")
    print(f"an entry that was added by RedBeat's API was {late:.2f} s late at most, promised {LATE_LIMIT_SECONDS:g} s")
    return percent < CPU_LIMIT_PERCENT and memory < MEMORY_LIMIT_MB and late <= LATE_LIMIT_SECONDS


SCALE_KINDS = {
    "scale": Kind(
        "a great many jobs are installed and none is due: what the idle beat needs",
        Size(rounds=1, jobs=100_000, seconds=60),
        _run,
        _judge,
    ),
}
