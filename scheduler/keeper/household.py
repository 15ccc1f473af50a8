"""The commands that run: started, timed, ended, and swept up after."""

import math
import os
import signal
import sys
import time
from typing import Any

from scheduler import descendants
from scheduler.keeper.command import NotStarted
from scheduler.keeper.family import Families
from scheduler.keeper.kept import Kept, tell
from scheduler.keeper.spawn import close, spawn

_TICKS = os.sysconf("SC_CLK_TCK")
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_SWEEP_SECONDS = 1.0
# Looking at every process takes milliseconds, and more where there are tens of thousands of them.
_SWEEP_SHARE = 0.05
_DAEMON_GRACE_SECONDS = 5.0
_FAREWELL_SECONDS = 10.0


class Household:
    """All commands of one worker, by the numbers that it gave them."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}
        self._by_pid: dict[int, Kept] = {}
        self._stops: list[dict[str, Any]] = []
        self._wake_at = math.inf
        self._sweep_at = math.inf
        # The strays that were asked to end, and when they are killed.
        self._strays: dict[int, float] = {}

    def start(self, order: dict[str, Any], opened: tuple[int, ...]) -> None:
        """Start a command; `opened` are its stdin, stdout and stderr, and where to report."""
        stdin, stdout, stderr, report = opened
        now, born = time.monotonic(), int(time.clock_gettime(_CLOCK) * _TICKS)
        try:
            pid = spawn(order, stdin, stdout, stderr)
        except NotStarted as error:
            tell(report, errno=error.number, folder=error.folder)
            os.close(report)
            return
        finally:
            close(stdin, stdout, stderr)
        tell(report, pid=pid)
        deadline = math.inf if order["timeout"] is None else now + order["timeout"]
        kept = Kept(order["number"], pid, os.fsencode(order["mark"]), born, report, order["grace"], deadline, now)
        self._kept[kept.number] = self._by_pid[pid] = kept
        self._wake_at = min(self._wake_at, deadline)

    def stop(self, order: dict[str, Any]) -> None:
        """Note that a command is to end; the next turn begins with it."""
        self._stops.append(order)

    def turn(self) -> None:
        """Reap what has ended, and do what the time has come for."""
        now, families = time.monotonic(), self._look()
        for pid, code in descendants.ended():
            if kept := self._by_pid.pop(pid, None):
                kept.leader_ended(code, now, families)
                self._settle(kept, now, families)
        self._begin_to_stop(now, families)
        if now >= self._wake_at:
            self._wake_at = math.inf
            for kept in list(self._kept.values()):
                kept.step(now, families)
                self._settle(kept, now, families)
        if now >= self._sweep_at:
            self._sweep(now)

    def patience(self) -> float | None:
        """Return how many seconds the next turn can wait; None for as long as nothing happens."""
        moment = min(self._wake_at, self._sweep_at)
        return None if moment == math.inf else max(0.0, moment - time.monotonic())

    def end_all(self) -> None:
        """Kill everything below this process, and wait until it is gone."""
        until = time.monotonic() + _FAREWELL_SECONDS
        while time.monotonic() < until:
            for pid in self._by_pid:
                descendants.kill_group(pid)
            descendants.kill(self._look().descendants())
            for pid, _ in descendants.ended():
                self._by_pid.pop(pid, None)
            if not _has_children():
                return
            time.sleep(0.005)

    def _look(self) -> Families:
        return Families(self._kept.values())

    def _begin_to_stop(self, now: float, families: Families) -> None:
        for order in self._stops:
            if kept := self._kept.get(order["number"]):
                kept.stop(order["why"], order["grace"], now, families)
                self._wake_at = min(self._wake_at, kept.wakes_at(now))
        self._stops.clear()

    def _settle(self, kept: Kept, now: float, families: Families) -> None:
        if kept.is_over(now, families):
            del self._kept[kept.number]
            kept.finish()
            self._sweep_at = min(self._sweep_at, now + _SWEEP_SECONDS)
        else:
            self._wake_at = min(self._wake_at, kept.wakes_at(now))

    def _sweep(self, now: float) -> None:
        """End the daemons of commands that have ended: they left the group, so that nothing else told of them."""
        asked, self._strays = self._strays, {}
        for pid in self._look().strays():
            kill_at = asked.get(pid)
            if kill_at is None:
                sys.stderr.write(f"keeper.daemon_ended pid={pid}: the command that started it has ended\n")
                descendants.kill([pid], signal.SIGTERM)
            elif now >= kill_at:
                descendants.kill([pid])
            self._strays[pid] = kill_at or now + _DAEMON_GRACE_SECONDS
        took = time.monotonic() - now
        self._sweep_at = now + max(_SWEEP_SECONDS, took / _SWEEP_SHARE) if self._strays else math.inf


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
