"""The bytes of the file, made into text. Everything that can be wrong with a file before it is YAML."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from scheduler.jobs.findings import Findings

# On one line, as every problem is.
FIRST_JOB = "jobs: {clear-exports: {every: 1h, cleanup: {files: {path: exports, older_than: 30d}}}}"

_MEGABYTE = 1024 * 1024


class Place(NamedTuple):
    """A place that we counted ourselves, from 0."""

    line: int
    column: int


def place(text: str, index: int) -> Place:
    """Return where in the text an index is."""
    line = text.count("\n", 0, index)
    return Place(line, index - (text.rfind("\n", 0, index) + 1))


def read_source(path: Path, findings: Findings, *, max_bytes: int) -> str:
    """Return the text of the file, without a byte order mark. Raises FileProblems."""
    raw = _read(path, findings, max_bytes)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        findings.fail(None, (), "it is UTF-16", "a file in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        wrong = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        findings.fail(place(before, len(before)), (), wrong, "a file in UTF-8")
    nul = text.find("\0")
    if nul >= 0:
        findings.fail(place(text, nul), (), "there is a NUL byte", "a text file")
    return text


def _read(path: Path, findings: Findings, max_bytes: int) -> bytes:
    try:
        # Without waiting: a pipe in the file's place would be waited for until somebody writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                findings.fail(None, (), "it is not a regular file", "the schedule file itself")
            raw = file.read(max_bytes + 1)
    except FileNotFoundError:
        findings.fail(None, (), "there is no such file", f"one that says, for a start, {FIRST_JOB}")
    except IsADirectoryError:
        findings.fail(None, (), "it is a folder", "the schedule file itself")
    except PermissionError:
        findings.fail(None, (), "it must not be read by this user", "read permission")
    # An embedded NUL in the path is a ValueError.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        findings.fail(None, (), f"it cannot be read ({reason})", "a readable file")
    if len(raw) > max_bytes:
        size = f"{max_bytes / _MEGABYTE:g} MB" if max_bytes >= _MEGABYTE else f"{max_bytes} bytes"
        findings.fail(None, (), f"it is larger than {size}", "a smaller file, or a higher SCHEDULER_MAX_FILE_MB")
    return raw
