"""What a command's end means: success, or why not, in words."""

import errno
import os
import signal
from pathlib import Path
from typing import Any

from scheduler import keeper
from scheduler.jobs import Command
from scheduler.jobs.command import SHELL
from scheduler.keeper import Ended, NotStarted
from scheduler.printable import printable, shortened
from scheduler.tasks.command.output import Output
from scheduler.tasks.errors import RunFailed, TaskError
from scheduler.worker.endings import RunCancelled, RunStopped, RunTimedOut

# What a shell says of a program that it could not run.
_OF_SHELL = {126: "the shell could not execute it", 127: "the shell did not find it"}
_SIGNALLED = 128


class CommandFailed(RunFailed):
    """A command that ran and did not succeed."""


def judge(command: Command, ended: Ended, output: Output) -> dict[str, Any]:
    """Return the run's summary. Raises CommandFailed, RunTimedOut, RunCancelled, RunStopped."""
    force = ", and by SIGKILL since it did not heed SIGTERM" if ended.is_forced else ""
    match ended.why:
        case "timed_out":
            raise RunTimedOut(f"command: its time was up after {ended.seconds:.0f} s; it was ended{force}")
        case "cancelled":
            raise RunCancelled(f"command: it was cancelled after {ended.seconds:.0f} s{force}")
        case "stopped":
            raise RunStopped(f"command: it was ended after {ended.seconds:.0f} s, since the worker stopped{force}")
    summary = _summary(ended, output)
    if ended.signal is not None:
        raise CommandFailed(f"command: killed by {ended.signal}{_last(output)}", summary)
    if ended.code not in command.success_codes:
        raise CommandFailed(f"command: exit code {ended.code}{_hint(command, ended.code)}{_last(output)}", summary)
    if found := output.found():
        channel, line = found
        raise CommandFailed(f"command.fail_when.{channel}: it says {_quoted(line)}", summary)
    return summary


def why_not_started(spec: keeper.Command, error: NotStarted) -> TaskError:
    """Return the error that says why a command could not be started."""
    if error.folder is not None:
        return TaskError(f"command.cwd: {error.folder}: {os.strerror(error.number)}, expected a folder")
    program = spec.arguments[0]
    what = _OBSTACLES.get(error.number, os.strerror(error.number))
    if error.number == errno.EACCES and Path(spec.folder or ".", program).is_dir():
        what = "it is a folder"
    if error.number == errno.ENOENT and Path(spec.folder or ".", program).is_file() and "/" in program:
        what = "the interpreter that its first line names was not found"
    return TaskError(f'command.run: "{program}": {what}')


_OBSTACLES = {
    errno.ENOENT: "it was not found, expected a program in the PATH, or the path of one",
    errno.EACCES: "it may not be executed by this user",
    errno.ENOEXEC: 'it is not a program; a script needs a first line such as "#!/bin/sh"',
    errno.E2BIG: "its arguments and its environment are longer than a process can be given",
    errno.EINVAL: "its arguments and its environment may hold no NUL character, and the names in it no =",
    errno.EPERM: "this worker may not change its user",
    errno.EAGAIN: "this worker may have no more processes",
    errno.EMFILE: "this worker may have no more open files",
    errno.EPIPE: "the process that keeps this worker's commands cannot be reached",
}


def _summary(ended: Ended, output: Output) -> dict[str, Any]:
    return {
        "exit_code": ended.code if ended.signal is None else None,
        "signal": ended.signal,
        "seconds": ended.seconds,
        "stdout_bytes": output.sizes["stdout"],
        "stderr_bytes": output.sizes["stderr"],
        "cut_bytes": output.cut,
    }


def _hint(command: Command, code: int) -> str:
    if tuple(command.run[:2]) != SHELL:
        return ""
    if code in _OF_SHELL:
        return f" ({_OF_SHELL[code]})"
    try:
        return f" (a program in it was killed by {signal.Signals(code - _SIGNALLED).name})"
    except ValueError:
        return ""


def _last(output: Output) -> str:
    return f": {_quoted(output.last_line)}" if output.last_line else ""


def _quoted(line: bytes) -> str:
    return shortened(printable(line))
