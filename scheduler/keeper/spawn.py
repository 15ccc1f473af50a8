"""Starting a process. It has a session, and so a process group, of its own."""

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from scheduler.keeper.command import NotStarted

# What Python ignores for itself: as of a program started by a shell, these have their usual effect.
_IGNORED_BY_PYTHON: Final = [
    number for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ") if (number := getattr(signal, name, None)) is not None
]
_STDERR: Final = 2
_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR)
_NO_PROCESS: Final = (errno.EAGAIN, errno.ENOMEM)


def spawn(order: dict[str, Any], stdin: int, stdout: int, stderr: int) -> int:
    """Start what the order says and return its pid. Raises NotStarted."""
    start = _plainly if _is_plain(order) and min(stdin, stdout, stderr) > _STDERR else _fully
    try:
        return start(order, stdin, stdout, stderr)
    except OSError as error:
        folder = order["folder"]
        at_folder = folder is not None and error.filename == folder
        raise NotStarted(error.errno or errno.EIO, folder if at_folder else None) from None
    except ValueError:
        # A NUL, or a name of a variable with a sign that ends it.
        raise NotStarted(errno.EINVAL) from None


def _is_plain(order: dict[str, Any]) -> bool:
    return order["folder"] is None and order["identity"] is None and order["umask"] is None


def _plainly(order: dict[str, Any], stdin: int, stdout: int, stderr: int) -> int:
    """By posix_spawn, which takes less time, and knows neither folders nor users.

    Nor does it know what to do with descriptors that are each other's targets.
    """
    actions = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate((stdin, stdout, stderr))]
    refusal: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    for path in _paths(order):
        try:
            # Each attempt to start what is not there would cost a process.
            Path(path).stat()
            return os.posix_spawn(
                path,
                order["arguments"],
                order["environment"],
                file_actions=actions,
                setsid=True,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except (NotImplementedError, ValueError):
            # Popen takes a variable without a name, which a worker may have inherited, and refuses the rest.
            return _fully(order, stdin, stdout, stderr)
        except OSError as error:
            if error.errno in _NO_PROCESS:
                # The next attempt may succeed, and would be at another program of the same name.
                raise
            # As execvp(3): one that may not be executed is told of, unless a later one can be.
            if refusal.errno in _NOT_THERE:
                refusal = error
    raise refusal


def _paths(order: dict[str, Any]) -> Iterator[str]:
    program = order["arguments"][0]
    if os.sep in program:
        yield program
        return
    for folder in os.get_exec_path(order["environment"]):
        yield f"{folder or os.curdir}{os.sep}{program}"


def _fully(order: dict[str, Any], stdin: int, stdout: int, stderr: int) -> int:
    uid, gid, groups = order["identity"] or (None, None, None)
    # Without a function of ours between fork and exec, subprocess does not copy this process: half the time.
    process = subprocess.Popen(
        order["arguments"],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=order["environment"],
        cwd=order["folder"],
        umask=-1 if order["umask"] is None else order["umask"],
        user=uid,
        group=gid,
        extra_groups=groups,
        start_new_session=True,
        # All that we have open closes by itself on exec.
        close_fds=False,
    )
    # It is reaped with all the others; subprocess must not go looking for it.
    process.returncode = 0
    return process.pid


def close(*descriptors: int) -> None:
    """Close each of the descriptors."""
    for descriptor in descriptors:
        os.close(descriptor)
