"""`SCHEDULER_CLOCK`: a beat in a process of its own, on a night that the test chooses."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.hand_clock import NAME, HandClock
from tests.servers import client_url, embedded_valkey, running_server, wait_for
from tests.services import Awaited, Service

ROOT = Path(__file__).parents[2]
AFTER_THE_GAP = datetime(2035, 3, 25, 1, 0, tzinfo=UTC)
NIGHTLY = """
timezone: Europe/Berlin
jobs:
  nightly: {cron: "30 2 * * *", task: a.b}
"""


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(embedded_valkey()) as address:
        yield client_url(address)


def test_the_process_goes_by_the_clock_that_the_setting_names(url: str, tmp_path: Path) -> None:
    (tmp_path / "schedules.yaml").write_text(NIGHTLY)
    redis: Any = Redis.from_url(url, decode_responses=True)
    clock = HandClock(redis)
    clock.put(AFTER_THE_GAP - timedelta(hours=1))
    environment = {"SCHEDULER_REDIS_URL": url, "SCHEDULER_CLOCK": NAME, "PYTHONPATH": str(ROOT)}
    with Service([sys.executable, "-m", "scheduler", "beat"], tmp_path, environment) as beat, redis:
        beat.wait_for_line(f"clock.replaced clock={NAME}")
        score = AFTER_THE_GAP.timestamp()
        wait_for(
            lambda: redis.zscore("scheduler::schedule", "scheduler:nightly") == score, 20.0, Awaited("an entry", beat)
        )

        clock.put(AFTER_THE_GAP)

        beat.wait_for_line("occurrence.dispatched job=nightly run=nightly@2035-03-25T01:00:00Z lateness_ms=0")
        assert beat.stop() == 0


def test_a_clock_that_cannot_be_imported_is_an_error_of_the_setting(url: str, tmp_path: Path) -> None:
    environment = {"SCHEDULER_REDIS_URL": url, "SCHEDULER_CLOCK": "no.such:clock"}
    with Service([sys.executable, "-m", "scheduler", "beat"], tmp_path, environment) as beat:
        assert beat.wait() != 0
        assert beat.count('SCHEDULER_CLOCK: there is no clock "no.such:clock" to import') > 0, str(beat)
