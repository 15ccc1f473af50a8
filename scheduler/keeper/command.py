"""What is to be run, and how it ended."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scheduler.errors import SchedulerError

# Why a command did not end by itself.
Why = Literal["timed_out", "cancelled", "stopped"]


@dataclass(frozen=True, slots=True)
class Identity:
    """The user that a command runs as, by number: looking up a name may wait for a network."""

    uid: int
    gid: int
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments; a name without a slash is looked up in the PATH of `environment`.

    `mark` names a variable of `environment` whose value no other command has: by it, processes that left the
    command's session are still known as its own. `folder` of None is the worker's. `timeout` and `grace`, the time
    from SIGTERM to SIGKILL, are seconds.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    mark: str
    folder: str | None = None
    stdin: bytes = b""
    identity: Identity | None = None
    umask: int | None = None
    timeout: float | None = None
    grace: float = 10.0

    @property
    def mark_text(self) -> str:
        """The marking variable as it stands in the environment of a process."""
        return f"{self.mark}={self.environment[self.mark]}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    `code` is its exit code, negative for a signal. `why` is None where it ended by itself. `is_forced`: not all of its
    processes heeded SIGTERM. `left` counts those that it left running, which were ended too.
    """

    code: int
    why: Why | None
    is_forced: bool
    left: int
    seconds: float

    @property
    def signal(self) -> str | None:
        """The name of the signal that killed it, such as SIGKILL."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            # Real-time signals have no names of their own.
            return f"signal {-self.code}"


class NotStarted(SchedulerError):
    """A command that could not be started; `number` is the errno, `folder` what it could not enter, if it was that."""

    def __init__(self, number: int, folder: str | None = None) -> None:
        self.number = number
        self.folder = folder
        super().__init__(os.strerror(number) + (f": {folder}" if folder else ""))

    def __reduce__(self) -> tuple[type["NotStarted"], tuple[int, str | None]]:
        return type(self), (self.number, self.folder)


class KeeperLost(SchedulerError):
    """The keeper ended while a command ran; what was left of the command has been killed."""
