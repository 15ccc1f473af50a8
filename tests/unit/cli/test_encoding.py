"""The command line where output cannot hold all of Unicode, and what a file may not do to a terminal."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run

Write = Callable[..., str]

FILE = """\
timezone: Europe/Berlin
calendars:
  "frei \u2603": {dates: ["12-24 \u2603", "12-25 Weihnachten \xe9"]}
jobs:
  quarter: {cron: "*/15 * * * *", task: a.b}
  daily: {cron: "@daily", skip_on: "frei \u2603", task: a.b}
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "schedules.yaml"
    path.write_text(FILE, encoding="utf-8")
    return {**os.environ, "PYTHONIOENCODING": "latin-1", "SCHEDULER_FILE": str(path), "COLUMNS": "100"}


def piped(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "scheduler", *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60)
    return done.stdout.decode("latin-1")


def on_a_terminal(environ: dict[str, str], *arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "scheduler", *arguments], env=environ, stdout=theirs) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 65_536):
                output += chunk
        except OSError:  # Linux's way to say that the other end is closed
            pass
        finally:
            os.close(ours)
        assert process.wait(60) == 0
    return output.decode("latin-1")


@pytest.mark.parametrize("write", [piped, on_a_terminal], ids=["in a pipe", "on a terminal"])
def test_what_latin_1_lacks_is_a_question_mark(environ: dict[str, str], write: Write) -> None:
    changes = write(environ, "explain", "quarter")
    assert "02:00, 02:15 ? 02:45 (4 times)" in changes
    december = write(environ, "calendar", "daily", "--month", "2026-12")
    assert "Thu 2026-12-24  ?" in december
    assert "Fri 2026-12-25  Weihnachten \xe9" in december


def test_bars_are_digits_on_a_terminal_that_has_no_bars(environ: dict[str, str]) -> None:
    chart = on_a_terminal(environ, "load", "--day", "2026-12-01")
    assert "00:00 2.............." in chart
    assert "1-9: so many jobs in one minute" in chart


def test_json_keeps_every_character(environ: dict[str, str]) -> None:
    month = json.loads(piped(environ, "calendar", "daily", "--month", "2026-12", "--json"))
    assert month["days"][23]["names"] == ["\u2603"]


def test_the_name_of_a_calendar_cannot_steer_a_terminal(run: Run, schedules: Path) -> None:
    schedules.write_text(
        'calendars: {"a\\e[31mb": {weekends: true}}\njobs: {one: {cron: "@daily", skip_on: "a\\e[31mb", task: a.b}}\n'
    )
    assert r"It does not run on a\x1b[31mb." in run("explain", "one").stdout
