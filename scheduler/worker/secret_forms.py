"""What secrets look like in what programs print, and where they are in it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from urllib.parse import unquote, urlsplit

from scheduler.jobs.reference import SHORTEST_SECRET
from scheduler.worker.spellings import packed_lines, packings, spellings

# By so many bytes of their beginning forms are looked up.
_STEM = 4
_UNCHANGED = re.compile("[A-Za-z0-9]+")
# From so many forms in base64 on, it is faster to look first for where there can be any.
_MANY = 40

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Group:
    """Forms that all hold the `anchor`, so that one look tells whether any of them can be there."""

    anchor: bytes
    forms: frozenset[bytes]


class SecretForms:
    """All forms of some secrets, and of the password in each that is a URL."""

    def __init__(self, secrets: Iterable[str]) -> None:
        secrets = tuple(secrets)
        texts = {text for secret in secrets for text in _parts(secret) if len(text) >= SHORTEST_SECRET}
        self._groups = tuple(map(_group, texts))
        packed = (*map(packings, map(_raw, texts)), *map(packed_lines, map(_raw, secrets)))
        self._packed = _long_enough(chain.from_iterable(packed))
        self._packed_runs = re.compile(b"[A-Za-z0-9+/_-]{%d,}" % min(map(len, self._packed), default=1))
        forms = self._packed.union(*(group.forms for group in self._groups))
        self._by_beginning: dict[bytes, list[bytes]] = {}
        for form in forms:
            for length in range(1, _STEM + 1):
                self._by_beginning.setdefault(form[:length], []).append(form)
        self._longest = max(map(len, forms), default=0)

    @property
    def are_none(self) -> bool:
        return not self._groups

    def are_in(self, data: bytes) -> bool:
        """Whether the data holds any of them."""
        if any(any(form in data for form in group.forms) for group in self._groups if group.anchor in data):
            return True
        if len(self._packed) >= _MANY:
            data = b" ".join(self._packed_runs.findall(data))
        return any(form in data for form in self._packed)

    def spans(self, data: bytes) -> list[Span]:
        """Return where they are, from start to end, those that overlap as one."""
        merged: list[Span] = []
        for start, end in sorted(self._occurrences(data)):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def cut(self, data: bytes) -> int:
        """Return where one begins of which the end of the data may have cut the rest; the data's length if none."""
        end = len(data)
        for place in range(max(0, end - self._longest + 1), end):
            forms = self._by_beginning.get(data[place : place + _STEM])
            if forms and any(len(form) > end - place and form.startswith(data[place:]) for form in forms):
                return place
        return end

    def _occurrences(self, data: bytes) -> Iterator[Span]:
        for group in self._groups:
            if group.anchor in data:
                for form in group.forms:
                    yield from _occurrences(form, data)
        for form in self._packed:
            yield from _occurrences(form, data)


def _group(text: str) -> _Group:
    anchor = max(_UNCHANGED.findall(text), key=len, default="")
    return _Group(anchor.encode(), _long_enough(spellings(text)))


def _long_enough(forms: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(form for form in forms if len(form) >= SHORTEST_SECRET)


def _parts(secret: str) -> Iterator[str]:
    yield secret
    # A key of many lines is printed indented, or in pieces.
    yield from (line.strip() for line in secret.splitlines())
    with suppress(ValueError):
        password = urlsplit(secret).password
        if password:
            yield from (password, unquote(password))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _occurrences(form: bytes, data: bytes) -> Iterator[Span]:
    start = data.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = data.find(form, start + 1)
