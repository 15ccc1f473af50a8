"""Every integration test runs against each real server there is; each test finds it empty."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.bench import Bench
from tests.integration.ledger_bench import LedgerBench
from tests.integration.store_bench import StoreBench
from tests.servers import client_url, embedded_valkey, flush, redis_on_path, running_server


class Servers:
    """The servers of this test session, each started when it is first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Path] = {}

    def address(self, name: str) -> Path:
        if name not in self._running:
            self._running[name] = self._stack.enter_context(running_server(self._binary(name)))
        return self._running[name]

    @staticmethod
    def _binary(name: str) -> Path:
        found = embedded_valkey() if name == "valkey" else redis_on_path()
        if found is None:
            pytest.skip("no redis-server on PATH; the same test ran against the embedded Valkey")
        return found


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture(params=["valkey", "redis"])
def redis_url(request: pytest.FixtureRequest, servers: Servers) -> str:
    """The client's URL of an empty server, `unix:///path?db=0`."""
    address = servers.address(request.param)
    flush(address)
    return client_url(address)


@pytest.fixture
def bench(redis_url: str, tmp_path: Path) -> Any:
    bench = Bench(redis_url, tmp_path)
    yield bench
    for beat in bench.beats:
        beat.close()
    bench.app.close()
    bench.redis.close()


@pytest.fixture
def store(redis_url: str, tmp_path: Path) -> Iterator[StoreBench]:
    store = StoreBench(redis_url, tmp_path)
    yield store
    store.redis.close()


@pytest.fixture
def ledger(redis_url: str, tmp_path: Path) -> Iterator[LedgerBench]:
    ledger = LedgerBench(redis_url, tmp_path)
    yield ledger
    ledger.client.close()
