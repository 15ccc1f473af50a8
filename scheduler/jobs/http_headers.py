"""Headers of a request: what may stand in them."""

import re

from scheduler.jobs.texts import refuse

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# How long the body is, and where it ends, is for the request to say.
_OF_REQUEST = frozenset({"connection", "content-length", "te", "trailer", "transfer-encoding", "upgrade"})


def check_headers(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers if a request can have them; the rule of their model."""
    seen: dict[str, str] = {}
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            refuse(f'"{name}" is not the name of a header', 'a name such as "X-Api-Key"')
        if name.lower() in _OF_REQUEST:
            refuse(f"{name} is for the request itself to say", "a header that is about its content")
        if name.lower() in seen:
            refuse(f"{seen[name.lower()]} and {name} are one header", "each header once")
        if is_forbidden(value):
            refuse(f"the value of {name} has a line break or another control character", "a value in one line")
        seen[name.lower()] = name
    return headers


def is_forbidden(value: str) -> bool:
    """Whether the value of a header would end it, or is refused by every server."""
    return _FORBIDDEN.search(value) is not None
