"""Tells one state of a file from another without reading it."""

from pathlib import Path


def signature_of(path: Path) -> str:
    """Return a text that is another for another file, and for another content; empty where there is no file."""
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError, ValueError):
        # RuntimeError is a loop of symlinks before Python 3.13, ValueError a NUL in the path. A file that is away for
        # the length of a swap is not news either; one that stays away is reported by the load.
        return ""
    # The time of change as well: permissions that come later, and a tool that restores the time of writing.
    return f"{real} {status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_size}"
