"""The URL of a request, as far as it can be judged before references and templates are filled in."""

import re
from urllib.parse import quote, urlsplit

from scheduler.jobs.texts import check_template, refuse

URL = 'a URL such as "https://shop.internal/warm"'

_UNKNOWN = re.compile(r"\{\{.*?\}\}|\$\{[^}]*\}", re.DOTALL)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f\\]")
_LONGEST_LABEL = 63


def check_url(text: str) -> str:
    """Return the text if it is the URL of a request, or may become one; a rule of its model.

    What is said of it never quotes all of it: in a worker it may hold a secret.
    """
    check_template(text)
    # What begins with a reference is looked at again where its value is known.
    if not text.startswith("${"):
        _check(_UNKNOWN.sub("1", text))
    return text


def _check(plain: str) -> None:
    if not plain.strip():
        refuse("it is empty", URL)
    if found := _BLANK.search(plain):
        refuse(f"it holds {_named(found[0])}", f'"{quote(found[0])}" for it')
    scheme, separator, _ = plain.partition("://")
    if not separator:
        refuse("it has no scheme", f"{URL}, with https:// or http:// before the host")
    if scheme.lower() not in ("http", "https"):
        refuse(f'"{scheme}" is not a scheme of requests', "https or http")
    try:
        parts = urlsplit(plain)
        host, _port = parts.hostname, parts.port
    except ValueError:
        refuse("its host or its port is none", URL)
    if not host:
        refuse("it names no host", URL)
    if ":" not in host and not all(0 < len(label) <= _LONGEST_LABEL for label in host.removesuffix(".").split(".")):
        refuse(f'"{host}" is not the name of a host', URL)


def _named(character: str) -> str:
    return "a blank" if character == " " else f"the character {character!r}"
