"""The command line as a person meets it: on a terminal, before a pipe that closes, and interrupted."""

import os
import pty
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from scheduler.settings import child_environment
from tests.integration.ledger_bench import MINUTE, SECOND, LedgerBench
from tests.servers import client_url, embedded_valkey, running_server, wait_for

SCHEDULER = (sys.executable, "-m", "scheduler")
COLOUR = re.compile(r"\x1b\[[\d;]*3\dm")
ESCAPES = re.compile(r"\x1b\[[\d;]*m")
JOBS = """\
jobs:
  a-job-whose-name-is-not-short:
    cron: "30 6 1 jan,apr,jul,oct *"
    timezone: Europe/London
    owner: the-people-who-plan
    report:
      database: sqlite://
      query: SELECT 1 AS one
      deliver: [{file: "a/rather/long/path/of/a/report-{{ occurrence.date }}.csv"}]
  often:
    every: 1s
    task: a.b
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schedules.yaml").write_text(JOBS)
    return tmp_path


def on_terminal(arguments: list[str], folder: Path, width: int, **environment: str) -> str:
    """Run a command on a terminal of this width and return what it showed."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environ = child_environment(TERM="xterm-256color", **environment)
    environ.pop("COLUMNS", None)
    with subprocess.Popen([*SCHEDULER, *arguments], cwd=folder, env=environ, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b"".join(_read(ours, seconds=20))
    os.close(ours)
    assert process.returncode == 0, shown.decode()
    return shown.decode().replace("\r\n", "\n")


def _read(descriptor: int, seconds: float) -> Iterator[bytes]:
    deadline = time.monotonic() + seconds
    while select.select([descriptor], [], [], deadline - time.monotonic())[0]:
        # A terminal whose other side is closed answers with an error.
        with suppress(OSError):
            if chunk := os.read(descriptor, 65_536):
                yield chunk
                continue
        return


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("command", ["list", "next"])
def test_a_table_fits_its_terminal(folder: Path, command: str, width: int) -> None:
    lines = ESCAPES.sub("", on_terminal([command], folder, width)).splitlines()

    assert any("─" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_a_wide_terminal_shows_everything(folder: Path) -> None:
    shown = on_terminal(["list"], folder, 200)

    assert "the-people-who-plan" in shown
    assert "a/rather/long/path/of/a/report-{{ occurrence.date }}.csv" in shown


def test_colours_are_left_out_where_they_are_not_wanted(folder: Path) -> None:
    assert COLOUR.search(on_terminal(["next"], folder, 80))
    assert not COLOUR.search(on_terminal(["next"], folder, 80, NO_COLOR="1"))


def test_what_is_piped_has_no_escapes_and_no_lines(folder: Path) -> None:
    done = subprocess.run([*SCHEDULER, "next"], cwd=folder, capture_output=True, text=True, check=True)

    assert "\x1b" not in done.stdout
    assert "─" not in done.stdout


def test_a_pipe_that_closes_early_is_no_error(folder: Path) -> None:
    line = f"{shlex.join(SCHEDULER)} next -n 50000 | head -n 1"
    done = subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, check=False)

    assert done.stdout.startswith("TIME")
    assert done.stderr == ""


def test_an_interrupted_command_says_nothing_and_exits_with_130(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        process = subprocess.Popen(
            [*SCHEDULER, "status"],
            cwd=folder,
            env=child_environment(SCHEDULER_REDIS_URL=url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            wait_for(lambda: select.select([silent], [], [], 0)[0], 20, "the command to ask the server")
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=10)

    assert (out, error) == (b"", b"")
    assert process.returncode == 130


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerBench]:
    with running_server(embedded_valkey()) as address:
        ledger = LedgerBench(client_url(address), tmp_path)
        claim = ledger.started("a-job-whose-name-is-not-short", MINUTE)
        ledger.claims.progress(claim, 0.5, "the second half of a long way that nobody knows the end of", ledger.now)
        ledger.ended("often", 2 * MINUTE, "failed", exception="a text that says more than a terminal is wide " * 5)
        yield ledger
        ledger.client.close()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_table_of_runs_fits_its_terminal_and_draws_how_far_they_are(ledger: LedgerBench, width: int) -> None:
    shown = on_terminal(["runs"], ledger.folder, width, SCHEDULER_REDIS_URL=ledger.url)

    lines = ESCAPES.sub("", shown).splitlines()
    assert max(map(len, lines)) <= width
    assert "████····" in shown
    assert "\x1b[31mfailed" in shown


def test_runs_are_watched_until_somebody_has_seen_enough(ledger: LedgerBench) -> None:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 100, 0, 0))
    environ = child_environment(TERM="xterm-256color", SCHEDULER_REDIS_URL=ledger.url)
    process = subprocess.Popen([*SCHEDULER, "runs", "--watch"], env=environ, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown: list[bytes] = []

    def shows(text: str) -> bool:
        if select.select([ours], [], [], 0)[0]:
            shown.append(os.read(ours, 65_536))
        return text.encode() in b"".join(shown)

    with process:
        wait_for(lambda: shows("running"), 20, "the first look")
        ledger.ended("later", SECOND)
        wait_for(lambda: shows("later@"), 20, "the next look")
        process.send_signal(signal.SIGINT)
    os.close(ours)

    assert process.returncode == 130
    assert b"Traceback" not in b"".join(shown)


def test_a_log_may_colour_a_terminal_and_nothing_more(ledger: LedgerBench) -> None:
    run_id = ledger.ended("chatty", SECOND)
    ledger.log(run_id, "\x1b[31mred\x1b[0m\n", "a\x1b]0;title\x07b\rc\x1b[2J\t\x9bé\r\n")

    shown = on_terminal(["logs", run_id], ledger.folder, 80, SCHEDULER_REDIS_URL=ledger.url)

    assert shown == "\x1b[31mred\x1b[0m\na\\x1b]0;title\\x07b\\rc\\x1b[2J\t\\x9bé\n"
