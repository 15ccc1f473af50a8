"""A first file of many jobs installed by a beat, beside as many saves of stock RedBeat; and one job more afterwards."""

import json
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from celery import Celery
from celery.schedules import crontab  # noqa: TID251 (what stock entries are made of)
from redbeat import RedBeatSchedulerEntry

from benchmarks.experiments.ledger import LISTS
from benchmarks.experiments.scale import cpu_seconds, memory_mb
from benchmarks.experiments.testbed import KEYS, Testbed
from scheduler.jobs import message
from scheduler.jobs.content import content_digest
from scheduler.jobs.load import load
from scheduler.store.file_record import read_file_record
from scheduler.store.server import RedisUrl
from scheduler.store.staging import Offer, Staging
from tests.acceptance.processes import running

_MOST_BYTES = 1 << 30
_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.05
_REST_SECONDS = 5.0
_IDLE_SECONDS = 30.0
_ADDED = "added"
_ADDED_RUNS = 5
_WARM_SAVES = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """Microseconds for each job: to read the file, to lay its jobs down, and until the beat has carried them out.

    What a file says is digested once it is read, and counts as reading.
    `processor` is what all processes spent on the latter two.
    """

    read: float
    laid_down: float
    carried_out: float
    processor: float

    @property
    def stored(self) -> float:
        return self.laid_down + self.carried_out


def shared_jobs(count: int) -> str:
    """Return a file of jobs that share the minutes of a week: ten of 100,000 on each."""
    task = f"task: bench.task, queue: {LISTS[0]}"
    whens = (f"{n % 60} {n // 60 % 24} * * {n // 1440 % 7}" for n in range(count))
    lines = (f"  job-{n}: {{cron: '{when}', {task}, args: [{n}]}}\n" for n, when in enumerate(whens))
    return "jobs:\n" + "".join(lines)


def first_install(bed: Testbed, path: Path, text: str) -> Rate:
    """Install a file as `scheduler apply` does, under a beat that leads."""
    path.write_text(text)
    begun = time.perf_counter()
    file = load(path, {}, max_bytes=_MOST_BYTES).file
    content = content_digest(file)
    used, read = _processor_seconds(bed), time.perf_counter()
    staged = Staging(bed.client, KEYS).stage(file, Offer(str(path), "a benchmark"), datetime.now(UTC), content)
    laid_down = time.perf_counter()
    deadline = time.monotonic() + _LONGEST_SECONDS
    while _in_force(bed) != staged.identity:
        assert time.monotonic() < deadline, "the jobs are not installed"
        # Seldom, since each look costs what is measured.
        time.sleep(_LOOK_SECONDS)
    carried_out, processor = time.perf_counter(), _processor_seconds(bed) - used
    spans = (read - begun, laid_down - read, carried_out - laid_down, processor)
    return Rate(*(span * 1e6 / len(file.jobs) for span in spans))


@dataclass(frozen=True, slots=True)
class Stock:
    """Microseconds that a save of stock RedBeat takes, and what all processes spend on it."""

    stored: float
    processor: float


def stock_saves(bed: Testbed, saves: int) -> Stock:
    """Save so many entries. They and their schedules are made before that."""
    url = bed.server.url
    with closing(Celery("stock", set_as_current=False, broker=RedisUrl.parse(url).broker)) as app:
        app.conf.update(redbeat_redis_url=url, redbeat_redis_options={}, redbeat_key_prefix="stock:")
        schedules = [crontab(str(n % 60), str(n // 60 % 24), "*", str(1 + n // 1440 % 28)) for n in range(saves)]
        entries = [
            RedBeatSchedulerEntry(f"job-{number}", "bench.task", schedule, args=[number], app=app)
            for number, schedule in enumerate(schedules)
        ]
        for entry in entries[:_WARM_SAVES]:
            entry.save()
        used, begun = _processor_seconds(bed), time.perf_counter()
        for entry in entries:
            entry.save()
        spans = (time.perf_counter() - begun, _processor_seconds(bed) - used)
        return Stock(*(span * 1e6 / saves for span in spans))


@dataclass(frozen=True, slots=True)
class OneMore:
    """Seconds that `scheduler apply` took and that the runs were late; commands of Redis meanwhile, by name.

    `cpu` is the share of a core that the beat uses when it is idle again, in percent, `memory` what is resident of it.
    """

    seconds: float
    late: float
    commands: dict[str, int]
    cpu: float
    memory: float
    peak: float


def one_more(bed: Testbed, path: Path, jobs: int) -> OneMore:
    """Apply a file with one job more, each second; see it dispatched, and the beat at rest."""
    pid = bed.beats[0].process.pid
    bed.client.config_resetstat()
    with path.open("a") as file:
        file.write(f"  {_ADDED}: {{every: 1s, task: bench.task, queue: {LISTS[0]}}}\n")
    seconds = _apply(bed, path)
    commands = {name.removeprefix("cmdstat_"): said["calls"] for name, said in bed.client.info("commandstats").items()}
    # What came meanwhile has lain there for a while.
    bed.client.delete(*LISTS)
    late = max(_late(bed) for _ in range(_ADDED_RUNS))
    time.sleep(_REST_SECONDS)
    used, since = cpu_seconds(pid), time.monotonic()
    time.sleep(_IDLE_SECONDS)
    cpu = 100 * (cpu_seconds(pid) - used) / (time.monotonic() - since)
    assert bed.client.hlen(KEYS.jobs) == jobs + 1
    return OneMore(seconds, late, commands, cpu, memory_mb(pid, "VmRSS"), memory_mb(pid, "VmHWM"))


def _apply(bed: Testbed, path: Path) -> float:
    environment = {"SCHEDULER_REDIS_URL": bed.server.url, "SCHEDULER_KEY_PREFIX": KEYS.prefix}
    begun = time.monotonic()
    with running("scheduler", "apply", path, environment=environment, log=path.with_suffix(".log")) as applying:
        code = applying.process.wait(120)
    assert code == 0, applying.text[-2000:]
    return time.monotonic() - begun


def _late(bed: Testbed) -> float:
    """Return how late the next run of the job that was added lay on the queue, in seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = bed.client.brpop(LISTS, timeout=1)
        at = time.time()
        headers = json.loads(found[1])["headers"] if found else {}
        if headers.get(message.JOB) == _ADDED:
            return at - datetime.fromisoformat(headers[message.OCCURRENCE]).timestamp()
    raise AssertionError("the job that was added is not dispatched")


def _processor_seconds(bed: Testbed) -> float:
    """Return what this process, the server and the beat have used so far."""
    server = bed.client.info("cpu")
    theirs = float(server["used_cpu_user"] + server["used_cpu_sys"])
    return time.process_time() + theirs + cpu_seconds(bed.beats[0].process.pid)


def _in_force(bed: Testbed) -> str:
    record = read_file_record(bed.client, KEYS)
    return record.identity if record else ""
