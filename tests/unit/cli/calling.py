"""A command line called in the test's own process, and the file it is called on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from click.testing import Result

FRIDAY_NOON = "2026-03-27T12:00:00+00:00"

SCHEDULES = """\
timezone: Europe/Berlin
jobs:
  daily-sales:
    description: Yesterday's sales
    owner: data-team
    cron: "0 7 * * *"
    report:
      database: ${WAREHOUSE_URL:-sqlite://}
      query: SELECT 1 AS one
      deliver: [{file: "sales/{{ occurrence.date }}.csv"}]
  tidy:
    every: 1h30m
    timezone: UTC
    queue: slow
    timeout: 10m
    cleanup:
      files: {path: sales, pattern: "*.csv", older_than: 30d}
  train:
    cron: "30 2 * * sun"
    enabled: false
    task: ml.tasks.train
    dst: {gap: run-after}
"""


@dataclass(frozen=True)
class StoppedClock:
    """Always the same instant."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


Run = Callable[..., Result]
