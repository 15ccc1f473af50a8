"""What a secret looks like in what programs print: as it is, quoted, in a URL, in base64."""

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote, quote_plus, unquote, urlsplit

from scheduler.jobs.reference import SHORTEST_SECRET

_ESCAPE = re.compile("%[0-9A-F]{2}")
# What programs leave as it is in a URL, beside letters, digits and "-._~".
_UNESCAPED = ("", "/", "!*'()")
# What httpx and browsers leave as it is in a path and in a query; by RFC 3986 some of it would have to be encoded.
_PATH = "/!$&'()*+,;=:@"
_LENIENT = _PATH + "%[\\]^|"
_UNESCAPED_IN_PLACE = (_PATH, f"{_PATH}?", _LENIENT, _LENIENT + "?`{}", _LENIENT.replace("'", "") + "?`{}")
# So many bytes of a form are looked for at the end of a piece before it is compared byte by byte.
_STEM = 4

Span = tuple[int, int]


class SecretForms:
    """All forms of some secrets, and of the password in each that is a URL."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = tuple({form for secret in secrets for part in _parts(secret) for form in _forms(part)})

    def are_in(self, data: bytes) -> bool:
        """Whether the data holds any of them."""
        return any(form in data for form in self._forms)

    def spans(self, data: bytes) -> list[Span]:
        """Return where they are, from start to end, those that overlap as one."""
        merged: list[Span] = []
        for start, end in sorted(span for form in self._forms for span in _occurrences(form, data)):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def cut(self, data: bytes) -> int:
        """Return where one begins of which the end of the data may have cut the rest; the data's length if none."""
        return min((_cut(form, data) for form in self._forms), default=len(data))


def _parts(secret: str) -> Iterator[str]:
    yield secret
    # A key of many lines is printed indented, or in pieces.
    yield from (line.strip() for line in secret.splitlines())
    with suppress(ValueError):
        password = urlsplit(secret).password
        if password:
            yield from (password, unquote(password))


def _forms(secret: str) -> Iterator[bytes]:
    if len(secret) < SHORTEST_SECRET:
        return
    # A byte that is no UTF-8 is itself in a stream, and half a character in a text.
    raw = secret.encode("utf-8", "surrogateescape")
    yield raw
    yield secret.encode("utf-8", "surrogatepass")
    yield from (text.encode("utf-8", "surrogateescape") for text in _texts(secret))
    yield from (text.encode("ascii") for text in _url_forms(raw))
    yield from _base64_forms(raw)


def _texts(secret: str) -> Iterator[str]:
    """Yield it as JSON and Python write it between quotes, and as a shell does that traces its commands."""
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield shlex.quote(secret).strip("'")
    yield secret.replace("'", "'\\''")


def _url_forms(raw: bytes) -> Iterator[str]:
    for form in (*(quote(raw, safe) for safe in (*_UNESCAPED, *_UNESCAPED_IN_PLACE)), quote_plus(raw)):
        yield form
        yield _ESCAPE.sub(lambda escape: escape[0].lower(), form)


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """Yield what is the same of its base64 whatever stands before and after it, as in `user:password`."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        # Of a group of four characters, those count that hold bits of nothing else.
        start = (before * 8 + 5) // 6
        stop = (before + len(raw)) * 8 // 6
        inner = encoded[start:stop]
        if len(inner) >= SHORTEST_SECRET:
            yield inner
            yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def _occurrences(form: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = data.find(form, start + 1)


def _cut(form: bytes, data: bytes) -> int:
    """Return where the form begins that the end of the data cuts; the data's length where none does."""
    end = len(data)
    first = max(0, end - len(form) + 1)
    stem = form[:_STEM]
    start = data.find(stem, first)
    while start >= 0:
        if form.startswith(data[start:]):
            return start
        start = data.find(stem, start + 1)
    return next((place for place in range(max(first, end - _STEM + 1), end) if form.startswith(data[place:])), end)
