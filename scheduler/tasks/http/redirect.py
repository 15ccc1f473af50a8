"""Where an answer sends a request on to, and what of the request goes with it."""

import httpx

from scheduler.printable import printable
from scheduler.tasks.errors import TaskError
from scheduler.tasks.http.request import Request

_STATUSES = frozenset({301, 302, 303, 307, 308})
_LONGEST = 200
_LAST_PORT = 65_535
# What another server may know: it is about the request, not about who sends it.
_FOR_EVERYBODY = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})


def redirected(request: Request, status: int, location: bytes | None) -> Request | None:
    """Return the request that follows, None where the answer is the last one.

    As browsers do, 303 makes it a GET, and so do 301 and 302 of a POST. What the job says in headers, and its password,
    go to no other origin. Raises TaskError for what is not followed.
    """
    if status not in _STATUSES or not location:
        return None
    url = _joined(request.url, location)
    method, content, headers = request.method, request.content, dict(request.headers)
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, content = "GET", b""
        headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
    if _origin(url) != _origin(request.url):
        headers = {name: value for name, value in headers.items() if name.lower() in _FOR_EVERYBODY}
        headers["Host"] = url.netloc.decode("ascii")
    return Request(method, url, headers, content)


def _joined(url: httpx.URL, location: bytes) -> httpx.URL:
    text = location.decode("utf-8", "replace")
    try:
        joined = url.join(text)
    except (httpx.InvalidURL, ValueError):
        joined = None
    if joined is None or (joined.port or 0) > _LAST_PORT:
        raise TaskError(f'http: redirected to "{_shown(location)}", which is no URL')
    if joined.scheme not in ("http", "https") or not joined.host:
        raise TaskError(f'http: redirected to "{_shown(location)}", which is no URL of a web server')
    if (url.scheme, joined.scheme) == ("https", "http"):
        raise TaskError(f'http: redirected to "{_shown(location)}", from https to http, where everybody can read it')
    return joined.copy_with(username="", password="", fragment=None)


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def _shown(location: bytes) -> str:
    text = printable(location)
    # Not cut: half of a secret would not be masked.
    return text if len(text) <= _LONGEST else f"(a text of {len(text):,} characters)"
