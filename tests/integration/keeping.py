"""Commands for tests of the keeper, each with a mark of its own."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scheduler.keeper import Command, Ended, Keeper
from tests.services import is_alive, read

MARK = "SCHEDULER_RUN_ID"


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.stdout = b""
        self.stderr = b""

    def __call__(self, channel: str, data: bytes) -> None:
        setattr(self, channel, getattr(self, channel) + data)


def command(*arguments: str, **more: Any) -> Command:
    """Make a command; a single text is for the shell."""
    environment = {"PATH": os.environ["PATH"], MARK: uuid.uuid4().hex, **more.pop("environment", {})}
    if len(arguments) == 1:
        arguments = ("/bin/sh", "-c", arguments[0])
    return Command(arguments, environment, MARK, **more)


def run(keeper: Keeper, *arguments: str, **more: Any) -> tuple[Ended, Heard]:
    heard = Heard()
    return keeper.run(command(*arguments, **more), heard), heard


def pid_in(file: Path) -> int:
    """Return the pid that a script wrote into the file; 0 while it has not."""
    text = file.read_text() if file.exists() else ""
    return int(text) if text.endswith("\n") else 0


def alive_with(mark: str) -> list[int]:
    """Return the living processes whose environment holds the text."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if mark.encode() in read(pid, "environ") and is_alive(pid)]


def in_a_fork(is_right: Callable[[], bool]) -> bool:
    """Return what it returns in a process of its own, whose descriptors can be spoilt."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if is_right() else 1)
        finally:
            os._exit(99)
    return os.waitpid(child, 0)[1] == 0
