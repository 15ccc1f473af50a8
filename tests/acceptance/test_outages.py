"""Beats whose server refuses, is busy, loads, is a replica or knows them no more: they wait, say it once, and go on.

`test_chaos.py` cuts connections and fails over in the midst of bursts; here it is what a person reads meanwhile.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
from redis.exceptions import ResponseError

from benchmarks.experiments.disturbances import kill_all
from benchmarks.experiments.steady import Steady, steady_jobs
from benchmarks.experiments.testbed import Testbed, now, set_up
from scheduler.store.client import connect
from scheduler.store.server import RedisUrl
from scheduler.up import valkey

JOBS = 20
Outage = Callable[[Testbed], "contextmanager[None]"]


@dataclass(frozen=True)
class House:
    """A server, a beat that leads, one that stands by, and the account of what is due each second."""

    bed: Testbed
    steady: Steady

    def said(self) -> list[int]:
        return [len(beat.text) for beat in self.bed.beats]

    def lines(self, since: list[int], event: str) -> list[list[str]]:
        """Return what each beat has said of an event since then."""
        texts = (beat.text[start:] for beat, start in zip(self.bed.beats, since, strict=True))
        return [[line for line in text.splitlines() if event in line] for text in texts]

    def leads_by_now(self) -> None:
        """Wait until something of this second has come."""
        assert self.steady.first(now()) < float("inf")

    def assert_whole(self) -> None:
        """Wait until all that was due has come, and see that it came once."""
        self.leads_by_now()
        account = self.steady.close()
        assert account.expected > 0
        assert account.is_exact, account
        assert len(self.bed.living()) == 2


@pytest.fixture(scope="module")
def shared() -> Iterator[House]:
    with set_up(steady_jobs(JOBS), by_proxy=True) as bed:
        bed.lead()
        bed.start_beat()
        bed.wait_for_two()
        yield House(bed, Steady(bed))
        bed.keeps_logs = False


@pytest.fixture
def house(shared: House) -> House:
    shared.bed.wait_for_two()
    return shared


@contextmanager
def full(bed: Testbed) -> Iterator[None]:
    bed.client.config_set("maxmemory", 1)
    yield
    bed.client.config_set("maxmemory", 0)


@contextmanager
def unable_to_save(bed: Testbed) -> Iterator[None]:
    """Let a snapshot fail, after which a server that is told to make some takes no writes."""
    obstacle = bed.server.folder / "dump.rdb"
    obstacle.mkdir()
    bed.client.config_set("save", "3600 1")
    snapshot(bed)
    yield
    obstacle.rmdir()
    snapshot(bed)
    bed.client.config_set("save", "")


def snapshot(bed: Testbed) -> None:
    bed.client.bgsave()
    bed.wait(lambda: not bed.client.info("persistence")["rdb_bgsave_in_progress"], "the snapshot")


@contextmanager
def demoted(bed: Testbed) -> Iterator[None]:
    """Make it a replica of nobody: connections stay up, and the address still leads to it."""
    bed.client.replicaof("127.0.0.1", "1")
    yield
    bed.client.replicaof("NO", "ONE")


@contextmanager
def busy(bed: Testbed) -> Iterator[None]:
    """Let somebody's script run for ever."""
    bed.client.config_set("busy-reply-threshold", 50)
    other = connect(RedisUrl.parse(bed.server.url), socket_timeout=60.0)

    def run() -> None:
        with suppress(ResponseError):
            other.eval("while true do end", 0)

    script = threading.Thread(target=run)
    script.start()
    yield
    bed.client.script_kill()
    script.join(10)
    other.close()


@contextmanager
def closed(bed: Testbed) -> Iterator[None]:
    """Change the password, and have everybody give it anew."""
    bed.client.config_set("requirepass", "another")
    kill_all(bed.client)
    yield
    bed.client.config_set("requirepass", "")


@contextmanager
def loading(bed: Testbed) -> Iterator[None]:
    """Start the server anew, with data that take it some seconds to read."""
    bed.client.eval("for i = 1, 4000 do redis.call('SET', 'filler:' .. i, string.rep('x', 100)) end", 0)
    bed.client.bgrewriteaof()
    bed.wait(lambda: not bed.client.info("persistence")["aof_rewrite_in_progress"], "the snapshot")
    bed.server.stop()
    # Microseconds for each key; and it looks at its connections as often.
    bed.server.launch("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
    yield
    bed.wait(lambda: valkey.answers(bed.server.address), "the server to have read its data")


REFUSALS = [
    pytest.param(full, "it is full (maxmemory)", id="full"),
    pytest.param(unable_to_save, "it cannot write its data to disk", id="cannot save"),
    pytest.param(demoted, "it is a replica", id="a replica"),
    pytest.param(busy, "a script keeps it busy", id="busy"),
    pytest.param(closed, "it does not know this user and password", id="another password"),
    pytest.param(loading, "it is still loading its data", id="loading"),
]


@pytest.mark.parametrize(("outage", "reason"), REFUSALS)
def test_a_server_that_refuses_is_waited_for_and_said_once(
    house: House, outage: Callable[[Testbed], "contextmanager[None]"], reason: str
) -> None:
    bed, since = house.bed, house.said()
    said = f"reason={reason!r}"

    with outage(bed):
        bed.wait(lambda: all(house.lines(since, said)), f"both to say: {reason}")
    bed.wait(lambda: all(house.lines(since, "redis.back")), "both to say that it is over")

    house.assert_whole()
    for event in ("redis.refuses", said, "redis.back"):
        assert [len(lines) for lines in house.lines(since, event)] == [1, 1]
    for event in ("occurrence.postponed", "pass.failed", "Traceback"):
        assert house.lines(since, event) == [[], []]
