"""`${VAR}`, `${VAR:-default}` and `${file:/run/secrets/x}`: references to values that the file does not hold.

`$${` writes a plain `${`. Who expands a text says where the values come from; only a worker reads files.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.errors import SchedulerError

# Leftmost wins, so that `$${` is taken as one before its second half can look like a reference.
_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)(\})?")
_BODY = re.compile(r"file:(?P<path>/.*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.ASCII | re.DOTALL)

_EXPECTED = '"${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")'


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


@dataclass(frozen=True, slots=True)
class Reference:
    """The `name` of a variable, with a default perhaps, or the absolute path of a file as `file:/path`."""

    name: str
    default: str | None = None

    @property
    def path(self) -> str | None:
        """The path of the file that it is to be read from; None for a variable."""
        return self.name.removeprefix("file:") if self.name.startswith("file:") else None

    def value(self, environ: Mapping[str, str]) -> str | None:
        """Return the variable's value, None where it is missing. A default also stands in for an empty one."""
        return environ.get(self.name) if self.default is None else environ.get(self.name) or self.default


# What is shorter cannot be masked: every log is full of it.
SHORTEST_SECRET = 6


def is_too_short(reference: Reference, value: str) -> bool:
    """Whether it is a secret that cannot be masked. A variable with a default is a setting, and may be short."""
    return reference.default is None and 0 < _length(value) < SHORTEST_SECRET


def too_short(reference: Reference, value: str) -> tuple[str, str]:
    """Say that a secret is too short, and what was expected."""
    what = (
        f'"${{{reference.name}}}" stands for {_length(value)} of the {SHORTEST_SECRET} characters that a secret needs'
    )
    if reference.path is not None:
        return what, "a longer secret, which can be masked where it is printed"
    return what, f'a longer one, or a default, which no secret has: "${{{reference.name}:-…}}"'


def _length(value: str) -> int:
    # Programs print a value without the blanks and line breaks around it.
    return len(value.strip())


# Where values come from; None where there is none.
Source = Callable[[Reference], str | None]


def variables(environ: Mapping[str, str]) -> Source:
    """Return the source that knows the variables of an environment, and reads no file."""

    def value(reference: Reference) -> str | None:
        if reference.path is not None:
            raise BadReference(f'"${{{reference.name}}}" is a file, which only a worker reads', '"${NAME}" here')
        return reference.value(environ)

    return value


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Put the values of an environment in.

    Raises MissingVariable with every missing name, BadReference for a `${` that is not a reference, or is to a file.
    """
    expanded: str = resolve(text, variables(environ))
    return expanded


def references(text: str) -> Iterator[Reference]:
    """Yield the references of a text. Raises BadReference."""
    for match in _REFERENCE.finditer(text):
        if match[0] != "$${":
            yield _read(match)


def escaped(text: str) -> str:
    """Return the text from which `resolve` makes the given one again, whatever it holds."""
    return text.replace("${", "$${")


def resolve(value: Any, source: Source) -> Any:
    """Return a copy of a JSON-able value with the references in all its texts expanded, keys left alone.

    Raises MissingVariable with the missing names of the whole value, BadReference, and what `source` does.
    """
    missing = {
        reference.name
        for text in texts(value)
        if "${" in text
        for reference in references(text)
        if source(reference) is None
    }
    if missing:
        raise MissingVariable(missing)
    return _resolved(value, source)


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


def _read(match: re.Match[str]) -> Reference:
    if match[2] is None:
        raise BadReference(f'"{_short(match[0])}" is not closed')
    body = _BODY.fullmatch(match[1])
    if body is None or "${" in match[1]:
        raise BadReference(f'"{_short(match[0])}" is not a reference')
    return Reference(match[1]) if body["path"] else Reference(body["name"], body["default"])


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _resolved(value: Any, source: Source) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _value(match, source), value) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _resolved(item, source) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(item, source) for item in value]
    return value


def _value(match: re.Match[str], source: Source) -> str:
    # What has no value was found before.
    return "${" if match[0] == "$${" else source(_read(match)) or ""
