"""A request and the answer to it, redirects included."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field

import httpcore

from scheduler.jobs import Http
from scheduler.tasks.errors import TaskError
from scheduler.tasks.http.allowed import check_host
from scheduler.tasks.http.body import Body
from scheduler.tasks.http.dial import Dial
from scheduler.tasks.http.media import Media
from scheduler.tasks.http.patience import Patience
from scheduler.tasks.http.redirect import redirected
from scheduler.tasks.http.request import Request
from scheduler.tasks.http.tls import tls_context

# Makes what takes the body of the last answer, of which the kind and the coding are known.
Opened = Callable[[Media, str], Body]
# Methods that say how long their content is, also if there is none.
_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})


@dataclass(slots=True)
class Exchange:
    """What one run sends, and how far it has come: `request` is the one at hand, `status` that of its answer.

    `hosts` are those that may be called, all where there are none. `say` is told a line for the log.
    """

    http: Http
    request: Request
    hosts: Sequence[str]
    patience: Patience
    say: Callable[[str], None]
    redirects: int = 0
    status: int = 0
    _dial: Dial = field(init=False)

    def __post_init__(self) -> None:
        self._dial = Dial(self.patience, self.http.connect_timeout.total_seconds())

    def run(self, opened: Opened) -> Body:
        """Go through it, and return the body of the last answer.

        Raises TaskError for what is not allowed, httpcore's errors, and OutOfPatience.
        """
        while True:
            body = self._once(opened)
            if body is not None:
                return body

    def _once(self, opened: Opened) -> Body | None:
        """Send the request at hand. Returns the body, None where another request follows."""
        check_host(self.request.host, self.hosts)
        with closing(self._connection()) as connection, self._answer(connection) as response:
            self.status = response.status
            headers = {name.lower(): value for name, value in response.headers}
            following = self._following(headers.get(b"location"))
            if following is not None:
                self.request = following
                return None
            self.patience.doing = "reading the body"
            return self._read(response, opened(*_kind(headers)))

    def _following(self, location: bytes | None) -> Request | None:
        if not self.http.redirects:
            return None
        following = redirected(self.request, self.status, location)
        if following is None:
            return None
        self.redirects += 1
        if self.redirects > self.http.redirects:
            raise TaskError(f"http: redirected more than {self.http.redirects} times, at last to {following.url}")
        self.say(f"{self.request.method} {self.request.url}: {self.status}, redirected")
        return following

    def _read(self, response: httpcore.Response, body: Body) -> Body:
        try:
            for data in response.iter_stream():
                body(data, self.patience.check)
        except BaseException:
            # What came of it may say why there is no more.
            with suppress(TaskError):
                body.close()
            raise
        body.close()
        return body

    def _connection(self) -> httpcore.HTTPConnection:
        url = self.request.url
        is_secure = url.scheme == "https"
        context = tls_context(verify=self.http.verify, ca_file=self.http.ca_file) if is_secure else None
        return httpcore.HTTPConnection(_target(self.request).origin, context, network_backend=self._dial)

    def _answer(self, connection: httpcore.HTTPConnection) -> AbstractContextManager[httpcore.Response]:
        request = self.request
        has_content = request.content or request.method in _WITH_CONTENT
        headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in request.headers.items()]
        content = request.content if has_content else None
        return connection.stream(request.method, _target(request), headers=headers, content=content)


def _target(request: Request) -> httpcore.URL:
    url = request.url
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _kind(headers: Mapping[bytes, bytes]) -> tuple[Media, str]:
    media = Media.of(headers.get(b"content-type", b"").decode("latin-1"))
    return media, headers.get(b"content-encoding", b"").decode("latin-1")
