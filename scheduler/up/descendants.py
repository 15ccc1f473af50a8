"""The processes below this one: who has ended, and whose parent left them to us."""

import os
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path


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


def children() -> set[int]:
    """Return the pids of this process's children, the adopted ones too; nothing where there is no /proc."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The second field is the command in parentheses and may hold blanks and parentheses itself.
            state, parent = stat.read_bytes().rpartition(b")")[2].split()[:2]
            if int(parent) == os.getpid() and state != b"Z":
                found.add(int(stat.parent.name))
    return found


def kill_group(leader: int) -> None:
    """Kill whatever is left of the process group that `leader` led."""
    # macOS refuses a group of zombies with EPERM.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def kill(pids: Collection[int]) -> None:
    """Kill each of the processes that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
