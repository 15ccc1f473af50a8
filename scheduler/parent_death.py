"""Tie a process's life to its parent's, so that a killed supervisor leaves nothing running (Linux only)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

# Loaded once and early: code that runs between fork and exec must neither import nor open anything.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send `signum` when the thread that started this process ends; nothing but on Linux.

    `parent` is the pid that is expected to be the parent. If that one is gone already, which the kernel
    no longer reports, the signal is sent at once.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signum)


def following_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` that ties the new process to the calling one."""
    parent = os.getpid()
    return lambda: die_with_parent(signum, parent)


def adopt_orphans() -> None:
    """Make descendants whose parent ends our children, not PID 1's, so that we can end and reap them."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
