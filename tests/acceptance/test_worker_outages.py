"""A worker whose server is killed, cuts connections, is a replica, busy or full: it lives, and each run ends once."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis.exceptions import ResponseError

from benchmarks.experiments.disturbances import kill_all
from benchmarks.experiments.server import DurableServer
from scheduler.store.client import connect
from scheduler.store.server import RedisUrl
from tests.acceptance.processes import Running, running
from tests.proxy import Proxy
from tests.servers import client_url, wait_for

JOBS = "jobs:\n  nap: {every: 1s, task: nap, overlap: allow, catch_up: all}\n"
TASKS = """
import time
from celery import shared_task

@shared_task(name="nap")
def nap():
    time.sleep(0.9)
"""


@dataclass(frozen=True)
class Service:
    """A server, a beat and a worker, and what the rows say of its runs."""

    server: DurableServer
    worker: Running
    proxy: Proxy

    def rows(self) -> list[dict[str, str]]:
        client = self.server.client
        return [client.hgetall(key) for key in client.scan_iter("scheduler::run:*", count=1_000)]

    def count(self, **fields: str) -> int:
        return sum(fields.items() <= row.items() for row in self.rows())

    def wait_for_another(self) -> None:
        """Wait until a run has succeeded that had not by now."""
        before = self.count(outcome="succeeded")
        wait_for(lambda: self.count(outcome="succeeded") > before, 60, self)

    def __str__(self) -> str:
        return f"a run to succeed:\n{self.worker.text[-6000:]}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    (tmp_path / "naps.py").write_text(TASKS)
    (tmp_path / "schedules.yaml").write_text(JOBS)
    server = DurableServer(tmp_path / "server", "always")
    server.start()
    environment = {
        "SCHEDULER_REDIS_URL": client_url(tmp_path / "proxy.sock"),
        "SCHEDULER_FILE": str(tmp_path / "schedules.yaml"),
        "SCHEDULER_DATA": str(tmp_path / "data"),
        "SCHEDULER_CONCURRENCY": "2",
        "PYTHONPATH": str(tmp_path),
    }
    worker = ("celery", "-A", "scheduler", "worker", "--loglevel=info", "--include=naps", "--without-mingle")
    try:
        with (
            Proxy(tmp_path / "proxy.sock", server.address) as proxy,
            running("scheduler", "beat", environment=environment, log=tmp_path / "beat.log", folder=tmp_path),
            running(*worker, environment=environment, log=tmp_path / "worker.log", folder=tmp_path) as process,
        ):
            yield Service(server, process, proxy)
    finally:
        server.kill()


def kill(server: DurableServer) -> None:
    for _ in range(3):
        server.kill()
        server.start()
        # With runs in hand, that end when their connection is another's.
        time.sleep(1.2)


def cut(server: DurableServer) -> None:
    for _ in range(4):
        kill_all(server.client)
        time.sleep(0.4)


def demote(server: DurableServer) -> None:
    server.client.replicaof("127.0.0.1", "1")
    time.sleep(2)
    server.client.replicaof("NO", "ONE")


def occupy(server: DurableServer) -> None:
    """Let somebody's script run for two seconds, in which nothing else is answered."""
    server.client.config_set("busy-reply-threshold", 50)
    other: Any = connect(RedisUrl.parse(server.url), socket_timeout=60.0)

    def run() -> None:
        with suppress(ResponseError):
            other.eval("while true do end", 0)

    script = threading.Thread(target=run)
    script.start()
    time.sleep(2)
    server.client.script_kill()
    script.join(10)
    other.close()


def fill(server: DurableServer) -> None:
    server.client.config_set("maxmemory", 1)
    time.sleep(3)
    server.client.config_set("maxmemory", 0)


OUTAGES: list[Callable[[DurableServer], None]] = [kill, cut, demote, occupy, fill]


def test_a_worker_lives_through_whatever_befalls_its_server_and_ends_each_run_once(service: Service) -> None:
    service.wait_for_another()

    for outage in OUTAGES:
        outage(service.server)
        service.wait_for_another()
        assert service.worker.process.poll() is None, (outage, service.worker.text[-3000:])

    def is_settled() -> bool:
        # The newest few are on their way, whenever one looks.
        return sum(row.get("state") != "ended" for row in service.rows()) <= 3

    wait_for(is_settled, 60, "what was interrupted to end")
    ended = [row for row in service.rows() if row.get("state") == "ended"]
    assert {row["outcome"] for row in ended} == {"succeeded"}
    assert {row["attempt"] for row in ended} == {"1"}
    assert "Unrecoverable error" not in service.worker.text


def test_a_worker_that_waits_for_its_server_is_healthy(service: Service, tmp_path: Path) -> None:
    service.wait_for_another()
    (heartbeat,) = tmp_path.glob("data/heartbeat/*/worker-*.json")

    service.server.kill()
    gone = time.time()

    # Its loop stands until it is connected again.
    wait_for(lambda: heartbeat.stat().st_mtime > gone + 5, 15, "a sign of life of a worker that waits")
    assert "redis away" in heartbeat.read_text()

    service.server.start()
    service.wait_for_another()


def test_a_worker_follows_the_address_from_a_server_that_was_demoted(service: Service, tmp_path: Path) -> None:
    service.wait_for_another()
    old, new = service.server, DurableServer(tmp_path / "replica", "always")
    new.start("--replicaof", f"127.0.0.1 {old.port}")
    try:
        wait_for(lambda: new.client.info("replication")["master_link_status"] == "up", 20, "the replica to be ready")
        old.client.execute_command("FAILOVER")
        wait_for(lambda: new.client.info("replication")["role"] == "master", 20, "the replica to be the primary")
        # The old one answers on, as a replica, and all connections to it stand.
        service.proxy.target = new.address
        moved = time.time()

        replace(service, server=new).wait_for_another()

        def is_alive() -> bool:
            return all(json.loads(told)["seen"] > moved for told in new.client.hvals("scheduler::workers"))

        wait_for(is_alive, 20, "the worker to say there that it is alive")
        assert service.worker.process.poll() is None
    finally:
        new.kill()


THEIRS = """
import time
from celery import Celery

app = Celery("theirs", broker=BROKER)
app.conf.update(
    worker_consumer="scheduler.worker.consumer:Consumer", task_acks_late=True, worker_prefetch_multiplier=1
)

@app.task(name="nap")
def nap():
    print("nap.began", flush=True)
    time.sleep(0.5)
"""


def test_a_worker_whose_acknowledgement_is_refused_takes_messages_again(tmp_path: Path) -> None:
    server = DurableServer(tmp_path / "server", "always")
    server.start()
    (tmp_path / "theirs.py").write_text(THEIRS.replace("BROKER", repr(RedisUrl.parse(server.url).broker)))
    app = Celery("sender", set_as_current=False, broker=RedisUrl.parse(server.url).broker)
    command = ("celery", "-A", "theirs", "worker", "--concurrency=1", "--without-mingle", "--loglevel=info")
    environment = {"PYTHONPATH": str(tmp_path)}
    try:
        with running(*command, environment=environment, log=tmp_path / "worker.log", folder=tmp_path) as worker:
            app.send_task("nap")
            worker.wait_for_text("nap.began")

            # It ends meanwhile.
            occupy(server)
            worker.wait_for_text("redis.refuses reason='a script keeps it busy'")

            came = worker.text.count("nap.began")
            app.send_task("nap")
            wait_for(lambda: worker.text.count("nap.began") > came, 30, f"another run:\n{worker.text[-3000:]}")
    finally:
        app.close()
        server.kill()
