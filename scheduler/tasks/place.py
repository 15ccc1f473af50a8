"""Where a job's path leads. A relative one lies in the output folder and cannot leave it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scheduler.tasks.errors import TaskError

# With O_PATH a folder can be passed through without the right to list it. Linux alone has it.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def place(text: str, output: Path) -> Path:
    """Return the absolute path, free of symlinks, that `text` stands for; it need not exist.

    Raises TaskError for an empty path, for `..`, and for a relative path that leads out of `output`.
    """
    _check(text)
    real = Path(os.path.realpath(output / text))
    if not Path(text).is_absolute() and not real.is_relative_to(os.path.realpath(output)):
        raise TaskError(
            f'"{text}" leads to {real}, out of the output folder, expected a path that stays in it, or an absolute one'
        )
    return real


@contextmanager
def open_folder(folder: Path, *, create: bool = False) -> Iterator[int]:
    """Yield a descriptor of a folder whose path `place` returned; with `create`, make what is missing.

    Each part is opened in the one before and no symlink is followed, so that one which is put in its way
    after `place` looked is an error, not a way out. Raises OSError.
    """
    descriptor = os.open(folder.anchor, _PASS)
    try:
        for part in folder.parts[1:]:
            descriptor = _step(descriptor, part, create)
        descriptor = _exchange(descriptor, os.open(".", _LIST, dir_fd=descriptor))
        yield descriptor
    finally:
        os.close(descriptor)


def open_inside(folder: int, name: str) -> int:
    """Return a descriptor of the folder `name` in an open folder. A symlink is an OSError."""
    return os.open(name, _LIST, dir_fd=folder)


def _step(descriptor: int, part: str, create: bool) -> int:
    try:
        inner = os.open(part, _PASS, dir_fd=descriptor)
    except FileNotFoundError:
        if not create:
            raise
        _make(descriptor, part)
        inner = os.open(part, _PASS, dir_fd=descriptor)
    return _exchange(descriptor, inner)


def _make(descriptor: int, part: str) -> None:
    try:
        os.mkdir(part, dir_fd=descriptor)
    except FileExistsError:
        # Another run made it first.
        return


def _exchange(old: int, new: int) -> int:
    os.close(old)
    return new


def _check(text: str) -> None:
    if not text.strip():
        raise TaskError("the path is empty, expected the path of a file or folder")
    if ".." in Path(text).parts:
        raise TaskError(f'"{text}" climbs out of its folder, expected a path without ".."')
    try:
        if b"\0" in os.fsencode(text):
            raise TaskError(f"{text!r} has a NUL byte, expected a path of readable characters")
    except UnicodeEncodeError:
        raise TaskError(f"{text!r} cannot be a file name, expected a path of readable characters") from None
