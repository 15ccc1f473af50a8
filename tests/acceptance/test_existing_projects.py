"""`celery -A theirs beat -S scheduler.beat:Scheduler`: a plain Celery project and a Django project, with stock workers.

The projects lie in `projects/`, as somebody has them before the scheduler comes.
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from redis import Redis

from scheduler.settings import child_environment
from scheduler.store.server import RedisUrl
from tests.acceptance.processes import BIN, Running, running
from tests.acceptance.test_celery_commands import FixedServer
from tests.servers import client_url, embedded_valkey, running_server, wait_for
from tests.services import is_alive

PROJECTS = Path(__file__).parent / "projects"
SCHEDULER = ("--scheduler", "scheduler.beat:Scheduler")


@dataclass
class Project:
    """A copy of a project, on a server of its own."""

    folder: Path
    url: RedisUrl
    variable: str
    app: str

    @property
    def environment(self) -> dict[str, str]:
        return {self.variable: self.url.broker}

    @property
    def redis(self) -> Any:
        return Redis.from_url(self.url.client, decode_responses=True)

    def celery(self, *arguments: str, **environment: str) -> AbstractContextManager[Running]:
        log = self.folder / f"{arguments[0]}.log"
        command = ("celery", "-A", self.app, *arguments, "--loglevel=info")
        return running(*command, environment=self.environment | environment, log=log, folder=self.folder)

    def beat(self, **environment: str) -> AbstractContextManager[Running]:
        return self.celery("beat", *SCHEDULER, **environment)

    def worker(self, queue: str) -> AbstractContextManager[Running]:
        return self.celery("worker", "--pool=solo", "--queues", queue)

    def refused(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Start a beat that is to end at once, and return how it ended."""
        return self.python("-m", "celery", "-A", self.app, *arguments, "beat", *SCHEDULER, **environment)

    def python(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [BIN / "python", *arguments],
            env=child_environment(**self.environment | environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def notes(self) -> list[tuple[str, str]]:
        """Return who asked for each run of the plain project, and the run."""
        try:
            lines = (self.folder / "notes.txt").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]

    def askers(self) -> set[str]:
        return {who for who, _ in self.notes()}

    def entries(self) -> dict[str, float]:
        found = self.redis.zrange("scheduler::schedule", 0, -1, withscores=True)
        return {key.removeprefix("scheduler:"): score for key, score in found}


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture
def url(server: Path) -> RedisUrl:
    Redis.from_url(client_url(server)).flushall()
    return RedisUrl.parse(client_url(server))


@pytest.fixture
def plain(url: RedisUrl, tmp_path: Path) -> Project:
    shutil.copytree(PROJECTS / "plain", tmp_path / "plain")
    return Project(tmp_path / "plain", url, "SHOP_BROKER_URL", "shop")


@pytest.fixture
def site(url: RedisUrl, tmp_path: Path) -> Project:
    shutil.copytree(PROJECTS / "django", tmp_path / "django")
    return Project(tmp_path / "django", url, "BROKER_URL", "bookshop")


def local(score: float, zone: str) -> tuple[int, int]:
    when = datetime.fromtimestamp(score, ZoneInfo(zone))
    return when.hour, when.minute


ASKERS = {"beat_schedule", "on_after_configure", "on_after_finalize", "schedules.yaml"}


def test_a_plain_project_runs_its_own_entries_beside_the_file(plain: Project) -> None:
    with plain.worker("shop") as worker, plain.beat() as beat:
        wait_for(lambda: plain.askers() >= ASKERS, 30, f"{ASKERS} in the notes:\n{worker.text}\n{beat.text}")
        called = plain.python("-c", "from shop.celery import app\nfrom shop.tasks import note\nnote.delay('delay')")
        assert called.returncode == 0, called.stderr
        wait_for(lambda: "delay" in plain.askers(), 20, "the task that was called")

        entries = plain.entries()
        unnamed = "shop.tasks.note('on_after_finalize')"
        own = {"each-second", "each-morning", "at-sunset", "early", unnamed, "celery.backend_cleanup"}
        assert entries.keys() == own | {"from-the-file"}
        assert local(entries["each-morning"], "Asia/Tokyo") == (7, 0)
        assert 15 <= local(entries["at-sunset"], "Asia/Tokyo")[0] <= 19
        assert beat.stop() == 0
        assert "Traceback" not in beat.text + worker.text


def test_a_restart_keeps_their_entries_and_runs_none_twice(plain: Project) -> None:
    with plain.worker("shop"):
        for _ in range(3):
            seen = len(plain.notes())
            with plain.beat() as beat:
                wait_for(lambda: len(plain.notes()) >= seen + 8, 30, f"eight more runs:\n{beat.text}")  # noqa: B023
                assert beat.stop() == 0
        wait_for(lambda: plain.redis.llen("shop") == 0, 10, "an empty queue")

    runs = plain.notes()
    assert len(runs) == len(set(runs))


def test_what_is_gone_from_their_code_is_gone_after_a_restart(plain: Project) -> None:
    with plain.beat() as beat:
        beat.wait_for_text("application.installed")
        wait_for(lambda: "each-second" in plain.entries(), 10, "the entry")
        beat.stop()
    with plain.beat(SHOP_WITHOUT="each-second") as beat:
        wait_for(lambda: "each-second" not in plain.entries(), 10, "the entry to go")
        assert {"each-morning", "early", "from-the-file"} <= plain.entries().keys()
        beat.stop()


def test_two_beats_of_a_project_dispatch_each_run_once_when_one_is_killed(plain: Project) -> None:
    with plain.worker("shop"), plain.beat() as first:
        wait_for(lambda: len(plain.notes()) >= 4, 30, "the first runs")
        with plain.beat() as second:
            second.wait_for_text("beat.standby")
            first.kill_group()
            second.wait_for_text("beat.leading", 10)
            seen = len(plain.notes())
            wait_for(lambda: len(plain.notes()) >= seen + 8, 20, "runs of the second")
            second.stop()

    runs = plain.notes()
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    ("broker", "words"),
    [
        pytest.param("amqp://guest:hunter2@127.0.0.1:5672//", "is of the kind 'amqp'", id="RabbitMQ"),
        pytest.param("memory://", "is of the kind 'memory'", id="memory"),
        pytest.param("sentinel://localhost:26379", "SCHEDULER_REDIS_URL beside it", id="sentinels alone"),
    ],
)
@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_broker_that_cannot_hold_the_schedule_is_refused_in_one_line(
    plain: Project, broker: str, words: str, quiet: Sequence[str]
) -> None:
    done = plain.refused(*quiet, SHOP_BROKER_URL=broker)

    assert done.returncode == 1, done
    assert done.stderr.count("beat.refused") == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_another_database_than_the_brokers_is_refused_in_one_line(plain: Project) -> None:
    done = plain.refused(SCHEDULER_REDIS_URL=replace(plain.url, db=1).client)

    assert done.returncode == 1, done
    assert "beat.refused" in done.stderr
    assert "expected SCHEDULER_REDIS_URL and broker_url to name the same server" in done.stderr
    assert "Traceback" not in done.stderr
    assert plain.redis.keys("*") == []


def test_another_database_is_refused_once_both_answer(plain: Project, tmp_path: Path) -> None:
    server = FixedServer(tmp_path / "server")
    with plain.beat(SCHEDULER_REDIS_URL=client_url(server.address)) as beat:
        beat.wait_for_text("redis.away")
        with server:
            wait_for(lambda: beat.process.poll() is not None, 20, f"its end:\n{beat.text}")
            assert Redis.from_url(client_url(server.address)).keys("*") == []

    assert beat.process.returncode == 1
    assert beat.text.count("beat.refused") == 1


def test_a_django_project_runs_its_own_entries_beside_the_file(site: Project) -> None:
    migrated = site.python("manage.py", "migrate", "--run-syncdb")
    assert migrated.returncode == 0, migrated.stderr
    counted = (
        "import json\nfrom orders.models import Order\n"
        "print(json.dumps(list(Order.objects.values_list('asked_by', flat=True))))"
    )

    def orders() -> set[str]:
        return set(json.loads(site.python("manage.py", "shell", "--no-imports", "-c", counted).stdout))

    # Their settings name the scheduler class: neither command line says anything of it.
    with site.worker("celery") as worker, site.celery("beat") as beat:
        wait_for(
            lambda: orders() == {"CELERY_BEAT_SCHEDULE", "schedules.yaml"}, 40, f"orders:\n{beat.text}\n{worker.text}"
        )
        assert local(site.entries()["each-morning"], "America/New_York") == (7, 0)
        assert beat.stop() == 0
        assert "Traceback" not in beat.text + worker.text
    assert (site.folder / "data").is_dir()


@contextmanager
def detached(project: Project, *options: str) -> Iterator[int]:
    """Start a beat that leaves the terminal, and yield its pid, from its pid file."""
    file = project.folder / "beat.pid"
    started = project.python(
        *("-m", "celery", "-A", project.app, "beat", *SCHEDULER, "--loglevel=info"),
        *("--detach", f"--pidfile={file}", "--logfile=beat.log", *options),
    )
    assert started.returncode == 0, started.stderr
    wait_for(lambda: file.exists() and file.read_text().strip(), 20, "the pid file")
    pid = int(file.read_text())
    try:
        yield pid
    finally:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_a_beat_leaves_the_terminal_with_detach_and_is_found_by_its_pid_file(plain: Project) -> None:
    with plain.worker("shop"), detached(plain) as pid:
        wait_for(lambda: len(plain.notes()) >= 4, 30, f"runs:\n{_text(plain.folder / 'beat.log')}")

        second = plain.python("-m", "celery", "-A", plain.app, "beat", *SCHEDULER, "--pidfile=beat.pid")
        assert second.returncode != 0
        assert "beat.pid" in second.stdout + second.stderr

        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not is_alive(pid), 20, "its end")
        wait_for(lambda: not (plain.folder / "beat.pid").exists(), 5, "the pid file to go")
        assert plain.redis.get("scheduler::lock") is None
        assert plain.redis.hgetall("scheduler::beats") == {}
        assert "Traceback" not in _text(plain.folder / "beat.log")


def _text(log: Path) -> str:
    return log.read_text() if log.exists() else ""


def test_workers_that_celery_multi_starts_share_the_runs(plain: Project) -> None:
    def multi(command: str, *options: str) -> None:
        done = plain.python("-m", "celery", "multi", command, "one", "two", *options)
        assert done.returncode == 0, done.stdout + done.stderr

    files = ("--pidfile=%n.pid", "--logfile=%n.log")
    multi("start", "-A", plain.app, "--loglevel=info", "--concurrency=1", "-Q", "shop", *files)
    try:
        with plain.beat() as beat:
            wait_for(lambda: len(plain.notes()) >= 20, 40, f"twenty runs:\n{beat.text}")
            beat.stop()
        wait_for(lambda: plain.redis.llen("shop") == 0, 10, "an empty queue")
    finally:
        multi("stopwait", *files)
    runs = plain.notes()
    assert len(runs) == len(set(runs))
    logs = [_text(plain.folder / f"{name}.log") for name in ("one", "two")]
    assert all("succeeded" in log for log in logs)
    assert not any("Traceback" in log for log in logs)


def test_celerys_own_commands_work_beside_the_beat(plain: Project) -> None:
    def celery(*arguments: str) -> str:
        done = plain.python("-m", "celery", "-A", plain.app, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with plain.worker("shop") as worker, plain.beat() as beat:
        worker.wait_for_text("ready.")
        beat.wait_for_text("beat.leading")
        assert "1 node online" in celery("status")
        assert "pong" in celery("inspect", "ping")
        assert "shop.tasks.note" in celery("inspect", "registered")
        assert "'name': 'shop'" in celery("inspect", "active_queues")
        assert "empty" in celery("inspect", "scheduled")
        assert "SCHEDULER_FILE" in celery("report").upper()
        assert beat.stop() == 0
        assert "Traceback" not in worker.text + beat.text


def test_their_entries_can_be_looked_at_and_started_by_hand(plain: Project) -> None:
    def scheduler(*arguments: str) -> Any:
        done = plain.python("-m", "scheduler", *arguments, "--json", SCHEDULER_REDIS_URL=plain.url.client)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    with plain.worker("shop"), plain.celery("beat", "--scheduler", "scheduler") as beat:
        wait_for(lambda: plain.askers() >= ASKERS, 30, f"{ASKERS}:\n{beat.text}")
        sent = scheduler("trigger", "each-morning")
        wait_for(lambda: ("crontab", sent["run"]) in plain.notes(), 20, "the run that was asked for")

        assert {run["state"] for run in scheduler("runs", "each-second")["runs"]} == {"dispatched"}
        status = scheduler("status")
        assert (status["jobs"], status["entries"], status["broken"]) == (1, 7, [])
        assert [(one["queue"], len(one["workers"])) for one in status["queues"]] == [("shop", 1)]
        beat.stop()
