"""One process of the service: how it is started, what it is doing, and how it ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from scheduler.parent_death import following_parent
from scheduler.settings import child_environment
from scheduler.up.backoff import Backoff
from scheduler.up.lines import Lines

# What a pipe holds at most, so one read empties it.
_PIPE_BYTES = 65_536


class Phase(StrEnum):
    """What a child is doing; the words appear in the heartbeat."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it wants to be treated.

    `works` is asked with the process's pid until it says yes; without it, a process works once it runs.
    `grace_seconds` lie between SIGTERM and SIGKILL. `last_signal` is what the kernel sends if we are killed.
    One that `keeps_data` is never hurried. Lines that contain any of `noise` are not shown.
    """

    name: str
    arguments: Sequence[str]
    grace_seconds: float
    environment: dict[str, str] = field(default_factory=dict)
    descriptors: Sequence[int] = ()
    works: Callable[[int], bool] | None = None
    last_signal: signal.Signals = signal.SIGKILL
    keeps_data: bool = False
    noise: Sequence[str] = ()


class Child:
    """A program that is kept running. `needs` must work before it is started, each time."""

    def __init__(self, program: Program, needs: "Child | None" = None) -> None:
        self.program = program
        self.needs = needs
        self.phase = Phase.WAITING
        self.start_at = 0.0
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._down_since = time.monotonic()
        self._lines = Lines()
        self._backoff = Backoff()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The pid while the process lives."""
        return self._process.pid if self._process else None

    @property
    def output(self) -> int:
        """The descriptor to read the living process's output from."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def is_startable(self, now: float) -> bool:
        is_served = self.needs is None or self.needs.phase is Phase.RUNNING
        return self.phase is Phase.WAITING and now >= self.start_at and is_served

    def start(self, now: float) -> None:
        """Start the process in a session of its own, tied to our life. Raises OSError."""
        self._process = subprocess.Popen(
            self.program.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment(**self.program.environment),
            pass_fds=self.program.descriptors,
            # The terminal's Ctrl-C must reach us alone: who stops, and in which order, is ours to say.
            start_new_session=True,
            preexec_fn=following_parent(self.program.last_signal),
        )
        os.set_blocking(self.output, False)
        self._started_at = now
        self.phase = Phase.STARTING

    def check(self) -> bool:
        """Go from starting to running if the process works by now; say whether it just did."""
        works = self.program.works
        if self.phase is not Phase.STARTING or self.pid is None or not (works is None or works(self.pid)):
            return False
        self.phase = Phase.RUNNING
        return True

    def read(self) -> list[str] | None:
        """Return the lines that have come since; None at the end of the output."""
        try:
            data = os.read(self.output, _PIPE_BYTES)
        except BlockingIOError:
            return []
        return self._heard(self._lines.feed(data)) if data else None

    def close(self) -> list[str]:
        """Return what is left of a dead process's output, and forget the process."""
        assert self._process is not None
        assert self._process.stdout is not None
        lines = (self.read() or []) + self._heard(self._lines.rest())
        self._process.stdout.close()
        self._process = None
        return lines

    def ended(self, code: int, now: float) -> float:
        """Note that the process has ended, and return the seconds until it is started again."""
        assert self._process is not None
        # It was reaped with all the others; subprocess must not go looking for it.
        self._process.returncode = code
        worked = self.phase is Phase.RUNNING
        if worked:
            self._down_since = now
        delay = self._backoff.delay(now - self._started_at, worked=worked)
        self.phase = Phase.STOPPED if self.phase is Phase.STOPPING else Phase.WAITING
        self.start_at = now + delay
        self.restarts += 1
        return delay

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the process alone: it ends its own children in its own way."""
        if self._process is None:
            self.phase = Phase.STOPPED
            return
        self.phase = Phase.STOPPING
        self.send(signal.SIGTERM)

    def send(self, signum: signal.Signals) -> None:
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def down_seconds(self, now: float) -> float:
        """Return for how long the child has not worked; 0 while it does."""
        return 0.0 if self.phase is Phase.RUNNING else round(now - self._down_since, 1)

    def _heard(self, lines: list[str]) -> list[str]:
        return [line for line in lines if not any(noise in line for noise in self.program.noise)]


def describe_exit(code: int) -> str:
    """Say in words how a process ended; a negative code is a signal."""
    if code == 0:
        return "ended by itself"
    if code > 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
