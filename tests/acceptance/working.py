"""A project of its own whose workers keep the ledger, and a leader's care for it, driven by the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from celery import Celery
from redis import Redis
from redis.exceptions import RedisError

from scheduler.beat.render import Renderer, RunNames
from scheduler.jobs import message
from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.clock import RedisClock
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys
from scheduler.store.list_names import DEFAULT_NAMES
from scheduler.store.runs.enqueue import Traits, enqueue
from scheduler.store.runs.history import History
from scheduler.store.runs.log import LogReader
from scheduler.store.runs.row import Row
from scheduler.store.runs.tend import Tending
from scheduler.store.server import RedisUrl
from tests.acceptance.processes import Running, running
from tests.servers import wait_for

QUEUE = "work"
POOLS = {
    "prefork": ("--pool=prefork", "--concurrency=2"),
    "threads": ("--pool=threads", "--concurrency=2"),
    "solo": ("--pool=solo",),
}
KEYS = Keys("scheduler:")
PLAIN = Traits()

PROJECT = """
import json, logging, os, signal, sys, threading, time
from pathlib import Path
from celery import Celery, Task, shared_task
from celery.utils.log import get_task_logger
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded
from scheduler.worker import current_run, install

app = Celery("theirs", broker=BROKER)
app.conf.update(
    scheduler_redis_url=URL, task_default_queue="work", task_acks_late=True, task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1, task_ignore_result=True, broker_connection_retry_on_startup=True,
    broker_transport_options=json.loads(os.environ.get("TRANSPORT_OPTIONS", "{}")),
)
if "PLAIN" not in os.environ:
    install(app)

class Counting(Task):
    def __call__(self, *args, **kwargs):
        return ["counted", super().__call__(*args, **kwargs)]

class Unpicklable(Exception):
    def __init__(self):
        super().__init__("no pickle", lambda: 0)

class Unsayable(Exception):
    def __str__(self):
        raise ValueError("no text")

def begin(**fields):
    with open("begun", "a") as file:
        file.write(f"{current_run.id} {current_run.attempt} {os.getpid()}\\n")

@shared_task(name="value")
def value(value=None):
    begin()
    return value

@app.task(name="counting", base=Counting)
def counting():
    begin()
    return value("inner")

@app.task(name="sleep")
def sleep(seconds, until=None):
    begin()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)

@shared_task(name="empty")
def empty():
    pass

@shared_task(name="nap")
def nap(seconds):
    begin()
    time.sleep(seconds)

@shared_task(name="hold")
def hold():
    begin()
    while not Path("release").exists():
        time.sleep(0.05)

@app.task(name="fail")
def fail(text="no"):
    begin()
    raise ValueError(text)

@app.task(name="ignore")
def ignore():
    begin()
    raise Ignore()

@app.task(name="reject", bind=True)
def reject(self, requeue):
    begin()
    if current_run.attempt == 1:
        raise Reject("later", requeue=requeue)

@app.task(name="unpicklable")
def unpicklable():
    begin()
    raise Unpicklable()

@app.task(name="unsayable")
def unsayable():
    begin()
    raise Unsayable()

@app.task(name="leave")
def leave(code):
    begin()
    sys.exit(code)

@app.task(name="kill")
def kill():
    begin()
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(name="fork")
def fork():
    begin()
    if os.fork() == 0:
        time.sleep(0.2)
        os._exit(3)
    return "forked"

@app.task(name="leak")
def leak():
    begin()
    for _ in range(20):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    return "leaked"

@app.task(name="say")
def say(secret):
    begin()
    print("on stdout", secret)
    print("on stderr", file=sys.stderr)
    get_task_logger(__name__).info("by a task's logger %s", secret)
    logging.getLogger("shop").warning("by a logger")
    current_run.logger.info("by the run's logger")
    sys.stdout.buffer.write(b"\\xff\\xfe bytes\\n")
    thread = threading.Thread(target=print, args=("in a thread", secret))
    thread.start()
    thread.join()
    if os.fork() == 0:
        print("in a fork")
        os._exit(0)
    os.wait()
    print("without an end", end="")

@app.task(name="spill")
def spill(secret):
    begin()
    for character in secret:
        print(character, end="", flush=True)
    print("", secret, file=sys.stderr)
    sys.stdout.write(f"and {secret[:5]}")
    for logger in (get_task_logger(__name__), logging.getLogger("shop"), current_run.logger):
        logger.warning("a logger: %s", secret)
    try:
        raise LookupError(secret)
    except LookupError:
        logging.getLogger("shop").exception("a traceback")
    if os.fork() == 0:
        print("in a fork", secret, flush=True)
        os._exit(0)
    os.wait()
    return {"whole": secret, "within": [secret]}

@app.task(name="again", bind=True, max_retries=1)
def again(self, secret):
    begin()
    raise self.retry(exc=ValueError(f"again {secret}"), countdown=0)

@app.task(name="refuse")
def refuse(secret):
    begin()
    raise Reject(f"refused {secret}", requeue=False)

@app.task(name="flood")
def flood(size, times, line):
    begin()
    print("first")
    for _ in range(times):
        sys.stdout.buffer.write(b"x" * size + (b"\\n" if line else b""))
    print("last")

@app.task(name="advance")
def advance():
    begin()
    current_run.progress(0.25, "a quarter")
    time.sleep(1.5)
    return [current_run.attempt, current_run.job, current_run.interval and current_run.interval.start.isoformat()]

@app.task(name="stubborn")
def stubborn():
    begin()
    while True:
        try:
            time.sleep(60)
        except SoftTimeLimitExceeded:
            pass

@app.task(name="retry", bind=True, max_retries=2)
def retry(self, countdown=0):
    begin()
    try:
        raise ValueError("again")
    except ValueError as error:
        if self.request.retries < 2:
            raise self.retry(exc=error, countdown=countdown)
    return "at last"

@app.task(name="autoretry", autoretry_for=(KeyError,), max_retries=1, default_retry_delay=0)
def autoretry():
    begin()
    raise KeyError("always")

@app.task(name="secret")
def secret(value):
    begin()
    raise ValueError(f"not {value}")
"""


@dataclass
class Site:
    """The project in a folder, and a server. Runs are put on its queue as a leader does."""

    folder: Path
    url: str
    pool: str = ""
    client: Any = field(init=False)
    app: Celery = field(init=False)

    def __post_init__(self) -> None:
        self.client = Redis.from_url(self.url, decode_responses=True)
        broker = RedisUrl.parse(self.url).broker
        head = f"BROKER, URL = {broker!r}, {self.url!r}\n"
        (self.folder / "theirs.py").write_text(head + PROJECT)
        self.app = Celery("sender", broker=broker, set_as_current=False)
        self.app.conf.task_default_queue = QUEUE
        self.app.conf.redbeat_redis_url = self.url
        # As the project has it. Of tasks that this process happens to know, messages say so.
        self.app.conf.task_ignore_result = True
        self._renderer = Renderer(self.app)
        self._tending = Tending(self.client, KEYS, message.RUN_ID)
        self._number = 0
        self.client.sadd(KEYS.queues, QUEUE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._renderer.close()
        self.app.close()
        self.client.close()

    @contextmanager
    def worker(self, *options: str, **environment: str) -> Iterator[Running]:
        """Run a worker; it is ready."""
        with self.starting_worker(*options, **environment) as worker:
            worker.wait_for_text("ready.", 40)
            yield worker

    @contextmanager
    def starting_worker(self, *options: str, **environment: str) -> Iterator[Running]:
        """Start a worker, and do not wait for it."""
        command = ("celery", "-A", "theirs", "worker", "--loglevel=info", "--without-mingle", "--without-gossip")
        log = self.folder / f"worker-{time.monotonic_ns()}.log"
        with running(*command, *options, environment=environment, log=log, folder=self.folder) as worker:
            yield worker

    @contextmanager
    def own_worker(self, *options: str, **environment: str) -> Iterator[Running]:
        """A worker of our own application, which has the project's shared tasks too."""
        settings = {"SCHEDULER_REDIS_URL": self.url, "SCHEDULER_DATA": str(self.folder / "data")}
        command = ("celery", "-A", "scheduler", "worker", "--include=theirs", "--loglevel=info", "--queues", QUEUE)
        log = self.folder / f"worker-{time.monotonic_ns()}.log"
        settings |= {"PYTHONPATH": str(self.folder), **environment}
        with running(*command, *options, environment=settings, log=log, folder=self.folder) as worker:
            worker.wait_for_text("ready.", 40)
            yield worker

    @contextmanager
    def leader(self, *, trust: bool = True) -> Iterator[None]:
        """Tend the ledger as the beat that leads does, several times a second."""
        over = threading.Event()

        def tend() -> None:
            while not over.wait(0.2):
                # As beat, which goes on once Redis is there again.
                with suppress(RedisError):
                    self.tend(trust)

        thread = threading.Thread(target=tend)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def tend(self, trust: bool = True) -> Any:
        self._tending.release(self.now())
        return self._tending.tend(self.now(), DEFAULT_NAMES.lists_of(QUEUE), trust_leases=trust)

    def now(self) -> datetime:
        return RedisClock(self.client).now()

    def send(
        self,
        task: str,
        *args: Any,
        traits: Traits | None = PLAIN,
        retries: RetryPolicy | None = None,
        job: str = "",
        previous: str | None = None,
        kwargs: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """Put a run on the queue; returns its id."""
        self._number += 1
        now = datetime.fromisoformat("2026-01-02T03:00:00+00:00") + timedelta(seconds=self._number)
        entry = Entry(name=job or task, task=task, args=args, kwargs=kwargs or {}, app=self.app)
        further = {message.RETRIES: retries.header()} if retries else {}
        entry.options = {**options, "headers": {**further, **(headers or {})}}
        names = RunNames.of(entry.name, message.instant(now), previous)
        (rendered,) = self._renderer.render(entry, None, names, 0.0)
        assert enqueue(self.client, KEYS, names.run_id, (rendered.target.name, rendered.text), self.now(), traits)
        return names.run_id

    def row(self, run_id: str) -> Row:
        row = History(self.client, KEYS).row(run_id)
        assert row is not None, run_id
        return row

    def ended(self, run_id: str, seconds: float = 30.0) -> Row:
        """Wait for the run's outcome."""
        wait_for(lambda: self.row(run_id).ended, seconds, Lazily(lambda: f"the end of {self.row(run_id)}{self.logs()}"))
        return self.row(run_id)

    def begun(self, run_id: str) -> list[int]:
        """Return the attempts that began, in turn."""
        try:
            lines = (self.folder / "begun").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [int(line.split()[1]) for line in lines if line.startswith(f"{run_id} ")]

    def pid(self, run_id: str) -> int:
        lines = (self.folder / "begun").read_text().splitlines()
        return next(int(line.split()[2]) for line in lines if line.startswith(f"{run_id} "))

    def log(self, run_id: str) -> dict[str, str]:
        """Return what a run said, by channel."""
        said: dict[str, str] = {}
        for chunk in LogReader(self.client, KEYS, run_id).read():
            said[chunk.channel] = said.get(chunk.channel, "") + chunk.text
        return said

    def left(self) -> list[str]:
        """Return what is still kept for runs that have not ended."""
        names = ("message", "live", "waiting", "leases", "retries", "held", "expiring", "pool:")
        return sorted(key for key in self.client.keys("*") if any(f"::{name}" in key for name in names))

    def stored(self) -> str:
        """Return all that the server holds, as one text."""
        readers = {
            "string": self.client.get,
            "hash": self.client.hgetall,
            "set": self.client.smembers,
            "zset": lambda key: self.client.zrange(key, 0, -1),
            "list": lambda key: self.client.lrange(key, 0, -1),
            "stream": self.client.xrange,
            "none": lambda key: None,
        }
        return "\n".join(f"{key} {readers[self.client.type(key)](key)}" for key in self.client.keys("*"))

    def said_by_workers(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("worker-*.log"))

    def logs(self) -> str:
        return "".join(f"\n{path}:\n{path.read_text()[-4000:]}" for path in self.folder.glob("worker-*.log"))


@dataclass(frozen=True, slots=True)
class Lazily:
    """A text that is made when it is shown."""

    text: Any

    def __str__(self) -> str:
        return str(self.text())
