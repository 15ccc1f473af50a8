"""What an answer says of its body."""

import pytest

from scheduler.tasks.http.media import Media


@pytest.mark.parametrize(
    ("header", "name", "charset", "is_text"),
    [
        ("", "", None, True),
        ("text/html", "text/html", None, True),
        ("text/html; charset=UTF-8", "text/html", None, True),
        ('Text/Plain; charset="iso-8859-1"', "text/plain", "iso8859-1", True),
        ("text/plain;charset=windows-1252", "text/plain", "cp1252", True),
        ("application/json; charset=utf-16", "application/json", "utf-16", True),
        ("application/vnd.api+json", "application/vnd.api+json", None, True),
        ("application/problem+xml", "application/problem+xml", None, True),
        ("text/plain; charset=zlib", "text/plain", None, True),
        ("text/plain; charset=punycode", "text/plain", None, True),
        ("text/plain; charset=\0", "text/plain", None, True),
        ("text/plain; charset*=utf-8''x", "text/plain", None, True),
        ("image/png", "image/png", None, False),
        ("application/octet-stream", "application/octet-stream", None, False),
        ("nonsense", "text/plain", None, True),
    ],
)
def test_a_header_is_read(header: str, name: str, charset: str | None, is_text: bool) -> None:
    media = Media.of(header)

    assert (media.name, media.charset, media.is_text) == (name, charset, is_text)
