"""The bytes of a file, made into text. Everything that can be wrong with a file before anybody looks what it says."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from scheduler.errors import SchedulerError
from scheduler.jobs.findings import Findings

# On one line, as every problem is.
FIRST_JOB = "jobs: {clear-exports: {every: 1h, cleanup: {files: {path: exports, older_than: 30d}}}}"

_MEGABYTE = 1024 * 1024


class Expected(NamedTuple):
    """What was expected instead of no file, of something that is none, and of one that is too large."""

    missing: str
    itself: str
    smaller: str


_SCHEDULE_FILE = Expected(
    f"one that says, for a start, {FIRST_JOB}",
    "the schedule file itself",
    "a smaller file, or a higher SCHEDULER_MAX_FILE_MB",
)


class SourceError(SchedulerError):
    """A file that is no text: `what` is wrong, what was `expected`, and the `place` in it, if there is one."""

    def __init__(self, what: str, expected: str, place: "Place | None" = None) -> None:
        super().__init__(f"{what}, expected {expected}")
        self.what = what
        self.expected = expected
        self.place = place


class Place(NamedTuple):
    """A place that we counted ourselves, from 0."""

    line: int
    column: int


def place(text: str, index: int) -> Place:
    """Return where in the text an index is."""
    line = text.count("\n", 0, index)
    return Place(line, index - (text.rfind("\n", 0, index) + 1))


def read_source(path: Path, findings: Findings, *, max_bytes: int) -> str:
    """Return the text of the schedule file, without a byte order mark. Raises FileProblems."""
    try:
        return read_text(path, _SCHEDULE_FILE, max_bytes=max_bytes)
    except SourceError as error:
        findings.fail(error.place, (), error.what, error.expected)


def read_text(path: Path, expected: Expected, *, max_bytes: int) -> str:
    """Return the text of a file, without a byte order mark. Raises SourceError."""
    raw = _read(path, expected, max_bytes)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("it is UTF-16", "a file in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        wrong = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        raise SourceError(wrong, "a file in UTF-8", place(before, len(before))) from error
    nul = text.find("\0")
    if nul >= 0:
        raise SourceError("there is a NUL byte", "a text file", place(text, nul))
    return text


def _read(path: Path, expected: Expected, max_bytes: int) -> bytes:
    try:
        # Without waiting: a pipe in the file's place would be waited for until somebody writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SourceError("it is not a regular file", expected.itself)
            raw = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise SourceError("there is no such file", expected.missing) from error
    except IsADirectoryError as error:
        raise SourceError("it is a folder", expected.itself) from error
    except PermissionError as error:
        raise SourceError("it must not be read by this user", "read permission") from error
    # An embedded NUL in the path is a ValueError.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"it cannot be read ({reason})", "a readable file") from error
    if len(raw) > max_bytes:
        size = f"{max_bytes / _MEGABYTE:g} MB" if max_bytes >= _MEGABYTE else f"{max_bytes} bytes"
        raise SourceError(f"it is larger than {size}", expected.smaller)
    return raw
