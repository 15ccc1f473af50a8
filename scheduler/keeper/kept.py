"""A command that runs: what is known of it, and how it is told to end."""

import json
import math
import os
import time
from dataclasses import dataclass
from signal import SIGKILL, SIGTERM
from typing import Any

from scheduler.descendants import kill, kill_group
from scheduler.keeper.command import Why
from scheduler.keeper.family import Families

# While a killed family still forks, and where no signal tells of its end.
_AGAIN_SECONDS = 0.05
# A process that the kernel does not let go of, or one of another user, must not keep a run from ending.
_GIVE_UP_SECONDS = 5.0


@dataclass(slots=True)
class Kept:
    """One command, by the pid of the process that was started, which leads a session of its own.

    `code` is None until that one has ended. What remains of the family is then ended too: a run's processes end with
    it. Times are those of the monotonic clock; `born` counts clock ticks since the system's start.
    """

    number: int
    pid: int
    mark: bytes
    born: int
    report: int
    grace: float
    deadline: float
    started: float
    code: int | None = None
    why: Why | None = None
    left: int = 0
    is_forced: bool = False
    _is_stopping: bool = False
    _kill_at: float = math.inf
    _give_up_at: float = math.inf

    def wakes_at(self, now: float) -> float:
        """When there is something to do, if nothing happens before."""
        is_vanishing = self._is_stopping and self.code is not None
        return now + _AGAIN_SECONDS if is_vanishing else min(self.deadline, self._kill_at)

    def stop(self, why: Why | None, grace: float, now: float, families: Families) -> None:
        """Send SIGTERM to the whole family; after `grace` seconds comes SIGKILL. A second call can only hasten it."""
        self._kill_at = min(self._kill_at, now + grace)
        if self._is_stopping:
            return
        self._is_stopping = True
        self.why = why
        self.deadline = math.inf
        if self.code is None:
            kill_group(self.pid, SIGTERM)
            kill(families.outsiders(self), SIGTERM)
        else:
            kill(families.of(self), SIGTERM)

    def leader_ended(self, code: int, now: float, families: Families) -> None:
        """Note the exit code, and tell what the command left in its group to end as well."""
        self.code = code
        if not self._is_stopping and _has_members(self.pid):
            self.left = len(families.of(self))
            self.stop(None, self.grace, now, families)

    def step(self, now: float, families: Families) -> None:
        """Do what the time has come for."""
        if now >= self.deadline:
            self.stop("timed_out", self.grace, now, families)
        if now >= self._kill_at:
            self._kill(now, families)

    def is_over(self, now: float, families: Families) -> bool:
        """Whether nothing is left of it, or nothing that can be ended."""
        if self.code is None:
            return False
        if not self._is_stopping or now >= self._give_up_at:
            return True
        return not _has_members(self.pid) and not families.of(self)

    def finish(self) -> None:
        """Report the end."""
        seconds = round(time.monotonic() - self.started, 3)
        tell(self.report, code=self.code, why=self.why, is_forced=self.is_forced, left=self.left, seconds=seconds)
        os.close(self.report)

    def _kill(self, now: float, families: Families) -> None:
        if not self.is_forced:
            self.is_forced = True
            self._give_up_at = now + _GIVE_UP_SECONDS
        self._kill_at = now + _AGAIN_SECONDS
        if self.code is None:
            # In one step for all of the group, so that none of it can fork its way past.
            kill_group(self.pid, SIGKILL)
        kill(families.of(self), SIGKILL)


def tell(report: int, **message: Any) -> None:
    """Report something to the worker, as far as that still listens."""
    try:
        os.write(report, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        return


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
