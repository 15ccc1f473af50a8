"""Services under test: started as real processes, read line by line, and looked for when they should be gone."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.servers import wait_for

MARK = "SCHEDULER_TEST_MARK"


class Service:
    """A process and everything below it, found again by a mark in the environment or by its folder."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._mark = uuid.uuid4().hex
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")}
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            env={**inherited, **(environment or {}), MARK: self._mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # As from a terminal of its own: a signal to its group is not one to ours.
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.kill()
        self.process.wait(10)
        self._reader.join(10)
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode().removesuffix("\n"))
        self.process.stdout.close()

    def wait_for_line(self, text: str, seconds: float = 20.0, count: int = 1) -> None:
        """Wait until `count` lines hold the text."""
        wait_for(lambda: self.count(text) >= count, seconds, Awaited(repr(text), self))

    def count(self, text: str) -> int:
        return sum(text in line for line in self.lines)

    def stop(self, signum: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(signum)
        return self.wait(seconds)

    def wait(self, seconds: float = 30.0) -> int:
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code

    def pids(self) -> list[int]:
        """Return the living processes of this service, itself included."""
        mark, folder = f"{MARK}={self._mark}".encode(), os.fsencode(self.folder)
        return [pid for pid in living() if mark in read(pid, "environ") or folder in read(pid, "cmdline")]

    def named(self, program: str) -> list[int]:
        """Return the living processes of this service that run the program."""
        return [pid for pid in self.pids() if read(pid, "comm") == f"{program}\n".encode()]

    def __str__(self) -> str:
        return "\n".join([f"{self.process.args}, whose output was:", *self.lines])


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a service was expected to do; shown with all that it has said by then."""

    what: str
    service: Service

    def __str__(self) -> str:
        return f"{self.what} from {self.service}"


def scheduler_up(folder: Path, environment: Mapping[str, str] | None = None) -> Service:
    """Start `scheduler up` in the folder."""
    return Service([sys.executable, "-m", "scheduler", "up"], folder, environment)


def living() -> list[int]:
    """Return every process that is not a zombie."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if state(pid) not in ("", "Z")]


def state(pid: int) -> str:
    """Return the kernel's letter for the process's state; empty if there is no such process."""
    return read(pid, "stat").rpartition(b")")[2][1:2].decode()


def parent(pid: int) -> int:
    return int(read(pid, "stat").rpartition(b")")[2].split()[1])


def read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    return state(pid) not in ("", "Z")


def wait_until_gone(service: Service, seconds: float = 10.0) -> None:
    """Wait until no process of the service is left."""
    deadline = time.monotonic() + seconds
    while left := service.pids():
        assert time.monotonic() < deadline, [(pid, read(pid, "cmdline")) for pid in left]
        time.sleep(0.02)
