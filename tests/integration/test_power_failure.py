"""A server that comes back without its last second: what was installed in it is installed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.experiments.server import DurableServer
from scheduler.store.keys import Keys
from tests.integration.bench import PREFIX, Bench, until
from tests.servers import wait_for

KEYS = Keys(PREFIX)
ONE = "jobs:\n  one: {every: 1h, task: a.b}\n"
TWO = ONE + "  two: {every: 1h, task: a.b}\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DurableServer]:
    server = DurableServer(tmp_path / "server", "always")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def bench(server: DurableServer, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(server.url, tmp_path)
    yield bench
    for beat in bench.beats:
        beat.close()
    bench.app.close()
    bench.redis.close()


def test_a_file_that_the_server_forgot_is_installed_again_by_the_beat_that_still_leads(
    server: DurableServer, bench: Bench
) -> None:
    bench.write(ONE)
    beat = bench.beat()
    until(beat, lambda: set(bench.entries()) == {"one"} and not bench.redis.exists(KEYS.pending))
    # So that the lease outlives the failure, as one that was renewed a moment before does.
    bench.redis.pexpire(KEYS.lock, 60_000)
    before = server.written()
    bench.write(TWO)
    until(beat, lambda: set(bench.entries()) == {"one", "two"} and not bench.redis.exists(KEYS.pending))

    server.kill()
    server.cut(before)
    server.start()
    assert set(bench.entries()) == {"one"}
    assert bench.redis.get(KEYS.lock) == beat._leadership.token

    until(beat, lambda: set(bench.entries()) == {"one", "two"} and not bench.redis.exists(KEYS.pending))
    assert bench.messages() == []


def test_a_file_that_was_forgotten_before_it_was_carried_out_is_offered_again(
    server: DurableServer, bench: Bench
) -> None:
    bench.write(ONE)
    beat = bench.beat()
    until(beat, lambda: set(bench.entries()) == {"one"} and not bench.redis.exists(KEYS.pending))
    bench.redis.pexpire(KEYS.lock, 60_000)
    before = server.written()
    bench.write(TWO)
    wait_for(lambda: beat._file.look(beat._leadership.token) or bench.redis.exists(KEYS.pending), 10, "it to be staged")

    server.kill()
    server.cut(before)
    server.start()
    assert not bench.redis.exists(KEYS.pending)

    until(beat, lambda: set(bench.entries()) == {"one", "two"})
