"""Which processes belong to a command: the tree below it, its session, and what carries its mark."""

import os
import time
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol

from scheduler.descendants import Process, below, by_parent, kill, living


class Leader(Protocol):
    """A command, by the process that was started for it; `code` is None while that one lives."""

    pid: int
    mark: bytes
    code: int | None
    born: int


class Families:
    """One look at all processes, taken when it is first needed, for the commands that run."""

    def __init__(self, leaders: Collection[Leader]) -> None:
        self._leaders = leaders

    def of(self, leader: Leader) -> set[int]:
        """Return the pids of a command's family, however far they moved away from it."""
        # A pid that is in use although its process has been reaped is a stranger's.
        is_taken = leader.code is not None and leader.pid in self._processes
        own = [] if is_taken else self._by_session.get(leader.pid, [])
        return below([*own, *self._by_mark.get(leader.mark, ())], self._by_parent)

    def outsiders(self, leader: Leader) -> set[int]:
        """Return the family without the command's own process group."""
        return {pid for pid in self.of(leader) if self._processes[pid].group != leader.pid}

    def descendants(self) -> set[int]:
        """Return the pids of everything below this process."""
        return below(self._by_parent.get(os.getpid(), ()), self._by_parent)

    def strays(self) -> Iterator[int]:
        """Yield the orphans that no running command can have left: those that are nobody's, or an ended command's."""
        names = {leader.mark.partition(b"=")[0] for leader in self._leaders}
        oldest = min((leader.born for leader in self._leaders), default=None)
        for process, variables in self._orphans.items():
            if any(leader.mark in variables for leader in self._leaders):
                continue
            is_marked = any(variable.partition(b"=")[0] in names for variable in variables)
            # Without a mark it may be of any command that was running when it was born.
            if is_marked or oldest is None or process.born < oldest:
                yield process.pid

    @cached_property
    def _processes(self) -> dict[int, Process]:
        return living()

    @cached_property
    def _by_parent(self) -> dict[int, list[int]]:
        return by_parent(self._processes.values())

    @cached_property
    def _by_session(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for process in self._processes.values():
            for leader in {process.session, process.group}:
                found.setdefault(leader, []).append(process.pid)
        return found

    @cached_property
    def _orphans(self) -> dict[Process, frozenset[bytes]]:
        """Our children that are neither a command nor in a command's session, with their environments."""
        pids = {leader.pid for leader in self._leaders}
        children = map(self._processes.__getitem__, self._by_parent.get(os.getpid(), ()))
        return {child: _variables(child.pid) for child in children if pids.isdisjoint({child.pid, child.session})}

    @cached_property
    def _by_mark(self) -> dict[bytes, list[int]]:
        marks = {leader.mark for leader in self._leaders}
        found: dict[bytes, list[int]] = {}
        for process, variables in self._orphans.items():
            for mark in marks & variables:
                found.setdefault(mark, []).append(process.pid)
        return found


def kill_marked(mark: bytes, seconds: float) -> None:
    """Kill all processes on this host that carry the mark, and wait for at most so long until they are gone."""
    until = time.monotonic() + seconds
    while pids := {pid for pid in living() if mark in _variables(pid)}:
        kill(pids)
        if time.monotonic() > until:
            return
        time.sleep(0.01)


def _variables(pid: int) -> frozenset[bytes]:
    """Return the environment with which the process was started; nothing of one that is another user's."""
    try:
        return frozenset(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return frozenset()
