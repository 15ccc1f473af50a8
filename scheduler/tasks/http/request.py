"""A request of the file, made ready for one run."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from scheduler import __version__
from scheduler.jobs import Http
from scheduler.jobs.free_text import free_template
from scheduler.jobs.http import Auth
from scheduler.jobs.http_headers import is_forbidden
from scheduler.jobs.template import Template, TemplateContext
from scheduler.tasks.errors import TaskError
from scheduler.worker import Run

# The same for each attempt of a run, so that a server can tell a repetition.
IDEMPOTENCY_KEY = "Idempotency-Key"

_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `url` has neither user nor fragment; `headers` of any case, each once."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def host(self) -> str:
        """The host as it is asked for: in lower case, and in ASCII."""
        return self.url.raw_host.decode("ascii")


def prepare(http: Http, run: Run) -> Request:
    """Return what is to be sent. Raises TaskError, TemplateError."""
    context = run.template_context()

    def fill(text: str) -> str:
        return free_template(text).render(context)

    url = _url(http.url, context)
    content, kind = _content(http, fill)
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept": "*/*",
        # A body in the log is read by people.
        "Accept-Encoding": "identity",
        "User-Agent": f"scheduler/{__version__}",
        IDEMPOTENCY_KEY: _UNPRINTABLE.sub(lambda match: quote(match[0]), run.id),
        **({"Content-Type": kind} if kind else {}),
        **_authorization(http.auth, url, fill),
    }
    own = {name: _value(name, fill(value)) for name, value in http.headers.items()}
    return Request(http.verb, _plain(url), merged(headers, own), content)


def merged(headers: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return both; what is in `own`, in whatever case, wins."""
    names = {name.lower() for name in own}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **own}


def _url(text: str, context: TemplateContext) -> httpx.URL:
    pieces = Template.parse(text).pieces
    # A plus sign in a query is a blank, and the zone of a time has one.
    filled = "".join(piece if isinstance(piece, str) else quote(piece.text(context), safe="") for piece in pieces)
    try:
        return httpx.URL(filled)
    except httpx.InvalidURL as error:
        raise TaskError(f"http.url: {error}") from None


def _plain(url: httpx.URL) -> httpx.URL:
    return url.copy_with(username="", password="", fragment=None)


def _content(http: Http, fill: Callable[[str], str]) -> tuple[bytes, str | None]:
    if http.body is not None:
        return fill(http.body).encode("utf-8", "surrogateescape"), "text/plain; charset=utf-8"
    if http.has_json:
        return json.dumps(_filled(http.json, fill)).encode(), "application/json"
    if http.form is not None:
        form = {name: fill(value) for name, value in http.form.items()}
        return urlencode(form, errors="surrogateescape").encode(), "application/x-www-form-urlencoded"
    return b"", None


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return [_filled(item, fill) for item in value] if isinstance(value, list) else value


def _authorization(auth: Auth | None, url: httpx.URL, fill: Callable[[str], str]) -> dict[str, str]:
    if auth and auth.bearer is not None:
        return {"Authorization": _value("auth.bearer", f"Bearer {fill(auth.bearer)}")}
    if auth and auth.basic:
        return {"Authorization": _basic(fill(auth.basic.user), fill(auth.basic.password))}
    return {"Authorization": _basic(url.username, url.password)} if url.userinfo else {}


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode('utf-8', 'surrogateescape')).decode()}"


def _value(name: str, value: str) -> str:
    # Without the value: it may be a secret, cut in the middle by the line break.
    if is_forbidden(value):
        key = name if name.startswith("auth") else f"headers.{name}"
        raise TaskError(f"http.{key}: it has a line break or another control character, expected a value in one line")
    return value.strip()
