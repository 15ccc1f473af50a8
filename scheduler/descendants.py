"""The processes below this one: who has ended, and whose parent left them to us."""

import os
import signal
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process that has not ended. `born` counts clock ticks since the system's start."""

    pid: int
    parent: int
    group: int
    session: int
    born: int


def living() -> dict[int, Process]:
    """Return every process that this one can see, by pid; nothing where there is no /proc."""
    found = {}
    with suppress(FileNotFoundError), os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit() and (process := _process(int(entry.name))):
                found[process.pid] = process
    return found


def children() -> set[int]:
    """Return the pids of this process's children, the adopted ones too; nothing where there is no /proc."""
    return {process.pid for process in living().values() if process.parent == os.getpid()}


def by_parent(processes: Iterable[Process]) -> dict[int, list[int]]:
    """Return the pids of the processes by that of their parent."""
    found: dict[int, list[int]] = {}
    for process in processes:
        found.setdefault(process.parent, []).append(process.pid)
    return found


def below(pids: Iterable[int], families: Mapping[int, Collection[int]]) -> set[int]:
    """Return these pids and all that descend from them, where `families` has the children of each."""
    found: set[int] = set()
    to_see = list(pids)
    while to_see:
        pid = to_see.pop()
        if pid not in found:
            found.add(pid)
            to_see += families.get(pid, ())
    return found


def ended() -> Iterator[tuple[int, int]]:
    """Reap every child that has ended: its pid and exit code, negative for a signal."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def kill_group(leader: int, signum: signal.Signals = signal.SIGKILL) -> None:
    """Send the signal to whatever is left of the process group that `leader` led."""
    # macOS refuses a group of zombies with EPERM.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signum)


def kill(pids: Collection[int], signum: signal.Signals = signal.SIGKILL) -> None:
    """Send the signal to each of the processes that is still there and may be signalled."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def _process(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field is the command in parentheses and may hold blanks and parentheses itself.
    fields = stat.rpartition(b")")[2].split()
    if fields[0] in (b"Z", b"X"):
        return None
    return Process(pid, int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))
