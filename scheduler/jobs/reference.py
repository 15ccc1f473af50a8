"""`${VAR}` and `${VAR:-default}`: references to the environment. `$${` writes a plain `${`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scheduler.errors import SchedulerError

# Leftmost wins, so that `$${` is taken as one before its second half can look like a reference.
_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\})?")
_BODY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.ASCII | re.DOTALL)

_EXPECTED = '"${NAME}" or "${NAME:-default}" ("$${" writes a plain "${")'


class BadReference(SchedulerError):
    """A `${` that is not a reference. Has `what` is wrong and what was `expected`."""

    def __init__(self, what: str, expected: str = _EXPECTED) -> None:
        super().__init__(f"{what}, expected {expected}")
        self.what = what
        self.expected = expected


class MissingVariable(SchedulerError):
    """Variables that are not set and have no default, by name, sorted."""

    def __init__(self, names: set[str]) -> None:
        self.names = tuple(sorted(names))
        several = len(self.names) > 1
        listed = ", ".join(self.names)
        super().__init__(f"the variable{'s' if several else ''} {listed} {'are' if several else 'is'} not set")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Put the values in. As in a shell, a default also stands in for an empty variable.

    Raises MissingVariable with every missing name, BadReference for a `${` that is not a reference.
    """
    missing = _missing(text, environ)
    if missing:
        raise MissingVariable(missing)
    return _expanded(text, environ)


def references(text: str) -> set[str]:
    """Return the names that need to be set: those without a default. Raises BadReference."""
    return {name for name, default in _parts(text) if default is None}


def resolve(value: Any, environ: Mapping[str, str]) -> Any:
    """Return a copy of a JSON-able value with the references in all its texts expanded, keys left alone.

    Raises MissingVariable with the missing names of the whole value, BadReference.
    """
    missing: set[str] = set()
    for text in texts(value):
        missing |= _missing(text, environ)
    if missing:
        raise MissingVariable(missing)
    return _resolved(value, environ)


def texts(value: Any) -> Iterator[str]:
    """Yield every text of a JSON-able value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def _missing(text: str, environ: Mapping[str, str]) -> set[str]:
    return {name for name in references(text) if name not in environ} if "${" in text else set()


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    for match in _REFERENCE.finditer(text):
        if match[0] != "$${":
            yield _read(match)


def _read(match: re.Match[str]) -> tuple[str, str | None]:
    if match[2] is None:
        raise BadReference(f'"{_short(match[0])}" is not closed')
    body = _BODY.fullmatch(match[1])
    if body is None or "${" in match[1]:
        raise BadReference(f'"{_short(match[0])}" is not a reference')
    return body[1], body[2]


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _expanded(text: str, environ: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name, default = _read(match)
        return environ[name] if default is None else environ.get(name) or default

    return _REFERENCE.sub(value, text) if "${" in text else text


def _resolved(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _expanded(value, environ)
    if isinstance(value, Mapping):
        return {key: _resolved(item, environ) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(item, environ) for item in value]
    return value
