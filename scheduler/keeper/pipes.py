"""The descriptors between a command and who waits for it."""

import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pipes:
    """Our ends of a command's stdout and stderr and of the keeper's reports, and the other ends, to be `given` away."""

    stdout: int
    stderr: int
    report: int
    given: tuple[int, int, int, int]

    def close_given(self) -> None:
        """Close the ends that are not ours."""
        for descriptor in self.given:
            os.close(descriptor)


def open_pipes(stdin: bytes) -> Pipes:
    """Open all of them, with `stdin` to be read from the first that is given. Raises OSError, and leaves none open."""
    with ExitStack() as opened:
        pipes = [_pipe(opened) for _ in range(3)]
        source = _source(stdin)
        opened.pop_all()
    (stdout, to_stdout), (stderr, to_stderr), (report, to_report) = pipes
    return Pipes(stdout, stderr, report, (source, to_stdout, to_stderr, to_report))


def _pipe(opened: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        opened.callback(os.close, end)
    return ends


def _source(stdin: bytes) -> int:
    # A file, not a pipe: nobody has to feed it while the command runs.
    if not stdin:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(stdin)
        file.seek(0)
        return os.dup(file.fileno())
