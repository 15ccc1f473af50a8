"""The descriptors between a command and who waits for it."""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pipes:
    """Our ends of a command's stdout and stderr and of the keeper's reports, and the other ends, to be `given` away.

    With them is given the command's stdin, which may be one that others share.
    """

    stdout: int
    stderr: int
    report: int
    given: tuple[int, int, int, int]
    is_stdin_shared: bool

    def close_given(self) -> None:
        """Close what was given and is not ours."""
        for descriptor in self.given[self.is_stdin_shared :]:
            os.close(descriptor)


def open_pipes(stdin: bytes) -> Pipes:
    """Open all of them, with `stdin` to be read from the first that is given. Raises OSError, and leaves none open."""
    with ExitStack() as opened:
        pipes = [_pipe(opened) for _ in range(3)]
        # A file, not a pipe: nobody has to feed it while the command runs.
        source = _file_of(stdin) if stdin else _nothing()
        opened.pop_all()
    (stdout, to_stdout), (stderr, to_stderr), (report, to_report) = pipes
    return Pipes(stdout, stderr, report, (source, to_stdout, to_stderr, to_report), not stdin)


def _pipe(opened: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        opened.callback(os.close, end)
    return ends


def _file_of(stdin: bytes) -> int:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(stdin)
        file.seek(0)
        return os.dup(file.fileno())


# The stdin of all commands that are given none, by the only key: it is opened once, and shared by the threads.
_shared: dict[str, int] = {}


def _nothing() -> int:
    found = _shared.get(os.devnull)
    if found is None:
        opened = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        found = _shared.setdefault(os.devnull, opened)
        if found != opened:
            os.close(opened)
    return found


# What becomes a daemon after a fork closes all descriptors, and opens others of the same numbers.
os.register_at_fork(after_in_child=_shared.clear)
