"""How programs write a text: as it is, quoted, in JSON, in HTML, in a URL, in base64."""

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

_PERCENT = re.compile("%[0-9A-F]{2}")
_UNICODE = re.compile(r"\\u[0-9a-f]{4}")
# What programs leave as it is in a URL, beside letters, digits and "-._~".
_UNESCAPED = ("", "/", "!*'()")
# What httpx and browsers leave as it is in a path and in a query; by RFC 3986 some of it would have to be encoded.
_PATH = "/!$&'()*+,;=:@"
_LENIENT = _PATH + "%[\\]^|"
_UNESCAPED_IN_PLACE = (_PATH, f"{_PATH}?", _LENIENT, _LENIENT + "?`{}", _LENIENT.replace("'", "") + "?`{}")
_HTML_QUOTES = (('"', "'"), ("&quot;", "&#x27;"), ("&quot;", "&#39;"), ("&quot;", "&apos;"), ("&#34;", "&#39;"))
# How long the lines are into which openssl and `base64` break what they write.
_WIDTHS = (64, 76)


def spellings(text: str) -> Iterator[bytes]:
    """Yield the ways to write it in which letters and digits stay what they are."""
    # A byte that is no UTF-8 is itself in a stream, and half a character in a text.
    raw = text.encode("utf-8", "surrogateescape")
    yield raw
    yield text.encode("utf-8", "surrogatepass")
    for spelled in (*_quoted(text, raw), *_in_json(text), *_in_html(text)):
        yield spelled.encode("utf-8", "surrogateescape")
    for spelled in _in_url(raw):
        yield spelled.encode("ascii")


def packings(raw: bytes) -> Iterator[bytes]:
    """Yield what is the same of its base64 whatever stands before and after it, as in `user:password`."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        # Of a group of four characters, those count that hold bits of nothing else.
        yield from _of_both_alphabets(encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6])


def packed_lines(raw: bytes) -> Iterator[bytes]:
    """Yield the lines of its base64 where a program breaks them, and nothing stands before it."""
    encoded = base64.b64encode(raw)[: len(raw) * 8 // 6]
    for width in _WIDTHS:
        if len(encoded) > width:
            for start in range(0, len(encoded), width):
                yield from _of_both_alphabets(encoded[start : start + width])


def _of_both_alphabets(encoded: bytes) -> Iterator[bytes]:
    yield encoded
    yield encoded.translate(bytes.maketrans(b"+/", b"-_"))


def _quoted(text: str, raw: bytes) -> Iterator[str]:
    """Yield it as Python writes texts and bytes, and as a shell does that traces its commands."""
    # Which quotes Python takes, and so escapes, is up to what else is in the text.
    for value in ("\"'" + text, b"\"'" + raw):
        _opening, _quotes, escaped = repr(value).partition("\"\\'")
        yield escaped[:-1]
        yield escaped[:-1].replace("\\'", "'")
    yield shlex.quote(text).strip("'")
    yield text.replace("'", "'\\''")


def _in_json(text: str) -> Iterator[str]:
    """Yield it as encoders of several languages do between quotes, and as one does that is handed such a JSON."""
    for spelled in _in_plain_json(text):
        yield spelled
        yield json.dumps(spelled, ensure_ascii=False)[1:-1]


def _in_plain_json(text: str) -> Iterator[str]:
    for spelled in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield spelled
        yield spelled.replace("/", "\\/")
        # What would mean something in HTML: as Go, and Gson, write it.
        yield _as_unicode("[&<>]", spelled, str.lower)
        yield _as_unicode("[&<>=']", spelled, str.lower)
        # As .NET does.
        upper = _UNICODE.sub(lambda escape: f"\\u{escape[0][2:].upper()}", spelled)
        yield upper
        yield _as_unicode("[&<>+'`\"]", upper.replace('\\"', '"'), str.upper)


def _as_unicode(characters: str, text: str, case: Callable[[str], str]) -> str:
    return re.sub(characters, lambda match: f"\\u{case(f'{ord(match[0]):04x}')}", text)


def _in_html(text: str) -> Iterator[str]:
    plain = html.escape(text, quote=False)
    for double, single in _HTML_QUOTES:
        quoted = plain.replace('"', double).replace("'", single)
        yield quoted
        yield quoted.replace("+", "&#43;")


def _in_url(raw: bytes) -> Iterator[str]:
    """Yield it as it is in a URL, and in one that is in a URL itself, as of a page to go on to."""
    plain = [*(quote(raw, safe) for safe in (*_UNESCAPED, *_UNESCAPED_IN_PLACE)), quote_plus(raw)]
    for form in (*plain, quote(plain[0], ""), quote(plain[-1], "")):
        yield form
        yield _PERCENT.sub(lambda escape: escape[0].lower(), form)
