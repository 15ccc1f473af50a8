"""The values that references stand for in one run: looked up where it runs, and masked in whatever it says."""

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from scheduler.errors import SchedulerError
from scheduler.jobs.reference import SHORTEST_SECRET, Reference, is_too_short, resolve, too_short
from scheduler.worker.masking import Masker

# Secrets are keys and passwords; what is larger was mistaken for one.
_MOST_BYTES = 64 * 1024


class SecretError(SchedulerError):
    """A reference whose value cannot be had, or cannot be kept secret."""


class Secrets:
    """Looks up references, each once, and remembers the values. They are secrets, unless they are too short for one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._values: dict[Reference, str | None] = {}

    def resolve(self, value: Any) -> Any:
        """Return a copy of a JSON-able value with its references expanded.

        Raises MissingVariable, BadReference, and SecretError for a file that cannot be read and a secret that is short.
        """
        self.__dict__.pop("masker", None)
        return resolve(value, self._value)

    @cached_property
    def masker(self) -> Masker:
        """What masks the values that were looked up so far."""
        return Masker(value for value in self._values.values() if value and len(value) >= SHORTEST_SECRET)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Make them the current ones of this thread."""
        token = _CURRENT.set(self)
        _LATEST.secrets = self
        try:
            yield
        finally:
            _CURRENT.reset(token)

    def _value(self, reference: Reference) -> str | None:
        if reference not in self._values:
            path = reference.path
            value = reference.value(self._environ) if path is None else _read(path)
            if value is not None and is_too_short(reference, value):
                what, expected = too_short(reference, value)
                raise SecretError(f"{what}, expected {expected}")
            self._values[reference] = value
        return self._values[reference]


_CURRENT: ContextVar[Secrets | None] = ContextVar("secrets", default=None)
_LATEST = threading.local()


def current_masker() -> Masker:
    """Return what masks the secrets of the run at hand; outside of a run it masks nothing."""
    secrets = _CURRENT.get()
    return Masker(()) if secrets is None else secrets.masker


def latest_masker() -> Masker:
    """Return what masks the secrets of the run that this thread executes, or did last: Celery says what it returned."""
    secrets: Secrets | None = getattr(_LATEST, "secrets", None)
    return Masker(()) if secrets is None else secrets.masker


def _read(path: str) -> str:
    try:
        # Without waiting: a pipe in the file's place would be waited for until somebody writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SecretError(f"{_named(path)} is not a regular file, expected one that holds a secret")
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        # An embedded NUL in the path is a ValueError.
        raise SecretError(f"{_named(path)} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > _MOST_BYTES:
        raise SecretError(f"{_named(path)} is larger than 64 KiB, expected a secret")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SecretError(f"{_named(path)} is not UTF-8, expected a text") from None
    # Editors, and `echo`, end a file with a line break that is no part of the secret.
    return text.removesuffix("\n").removesuffix("\r")


def _named(path: str) -> str:
    return f'"{path}", which a reference names,'
