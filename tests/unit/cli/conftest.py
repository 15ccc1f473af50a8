"""The command line, called in the test's own process with a clock and an environment of its own."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scheduler.cli import cli
from scheduler.cli.invocation import Invocation
from tests.unit.cli.calling import FRIDAY_NOON, SCHEDULES, Run, StoppedClock


@pytest.fixture
def schedules(tmp_path: Path) -> Path:
    path = tmp_path / "schedules.yaml"
    path.write_text(SCHEDULES)
    return path


@pytest.fixture
def run(schedules: Path) -> Run:
    def run(*arguments: str, now: str = FRIDAY_NOON, environ: Mapping[str, str] | None = None) -> Result:
        clock = StoppedClock(datetime.fromisoformat(now))
        invocation = Invocation(clock, {"SCHEDULER_FILE": str(schedules), **(environ or {})})
        return CliRunner().invoke(cli, arguments, obj=invocation, prog_name="scheduler")

    return run
