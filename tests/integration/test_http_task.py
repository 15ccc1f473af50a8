"""The task `scheduler.http`, with real servers."""
# ruff: noqa: E501 - a row holds the whole sentence

import base64
import gzip
import pickle
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery._state import _task_stack
from celery.exceptions import SoftTimeLimitExceeded

import scheduler.tasks  # noqa: F401 - registers them
from scheduler.jobs.http import stored_http
from scheduler.jobs.message import HTTP, JOB, OCCURRENCE, RUN_ID, TIMEZONE
from scheduler.tasks.errors import TaskError
from scheduler.tasks.http import names
from scheduler.tasks.http.verdict import HttpFailed
from scheduler.worker.endings import RunCancelled, RunStopped, RunTimedOut
from scheduler.worker.interruption import interrupt, interrupt_all
from tests.integration.web import Request, Web, answer, reset
from tests.servers import wait_for

RUN = "sales@2026-03-01T23:30:00Z"
TOKEN = "hunter22&+ü"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    monkeypatch.setenv("TOKEN", TOKEN)
    return Celery(set_as_current=False, task_cls="scheduler.worker:RunTask")


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def run(app: Celery, written: Any, limit: float | None = None, run_id: str = RUN) -> Any:
    """Send a request as a worker does for a job, and return its summary, or raise its error."""
    headers = {JOB: "sales", RUN_ID: run_id, OCCURRENCE: "2026-03-01T23:30:00Z", TIMEZONE: "Europe/Berlin"}
    task = app.tasks[HTTP]
    task.push_request(headers=headers, timelimit=(None, limit))
    _task_stack.push(task)
    try:
        return task(http=stored_http(written))
    finally:
        _task_stack.pop()
        task.pop_request()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("scheduler.tasks.http")]


def test_a_request_succeeds_with_a_summary_and_the_body_in_the_log(app, web, caplog) -> None:
    caplog.set_level("DEBUG")
    web.answers["/a"] = lambda _connection, _request: answer(b"one\ntw\x1bo\n")

    summary = run(app, web.url("/a?b=c#d"))

    assert 0 <= summary.pop("seconds") < 5
    assert summary == {"status": 200, "bytes": 9, "cut_bytes": 0, "redirects": 0}
    said = lines(caplog)
    assert said[0].startswith(f"http: GET {web.url('/a?b=c')}: 200 OK in 0.")
    assert said[1:] == ["body: one", "body: tw␛o"]
    (request,) = web.requests
    assert (request.method, request.target, request.body) == ("GET", "/a?b=c", b"")
    assert request.headers["idempotency-key"] == RUN
    assert request.headers["host"] == f"localhost:{web.port}"
    assert request.headers["user-agent"].startswith("scheduler/")
    assert "content-length" not in request.headers


@pytest.mark.parametrize(
    ("written", "method", "kind", "body"),
    [
        pytest.param({"body": "ä {{ job }} {{x}}"}, "POST", "text/plain; charset=utf-8", "ä sales {{x}}".encode(), id="body"),
        pytest.param({"json": {"day": "{{ occurrence.date }}", "n": [1, None, True, 2.5, "${TOKEN}"]}}, "POST", "application/json", b'{"day": "2026-03-02", "n": [1, null, true, 2.5, "hunter22&+\\u00fc"]}', id="json"),
        pytest.param({"form": {"a b": "${TOKEN}", "day": "{{ occurrence.date }}"}}, "POST", "application/x-www-form-urlencoded", b"a+b=hunter22%26%2B%C3%BC&day=2026-03-02", id="form"),
        pytest.param({"method": "PATCH", "json": []}, "PATCH", "application/json", b"[]", id="method"),
        pytest.param({"body": "<a/>", "headers": {"content-type": "application/xml"}}, "POST", "application/xml", b"<a/>", id="its own type"),
        pytest.param({"method": "POST"}, "POST", None, b"", id="nothing to post"),
    ],
)  # fmt: skip
def test_what_is_sent(app, web, written: Any, method: str, kind: str | None, body: bytes) -> None:
    web.answers["/"] = lambda _connection, _request: answer(status="204 No Content")

    assert run(app, {"url": web.url(), **written})["status"] == 204

    (request,) = web.requests
    assert (request.method, request.headers.get("content-type"), request.body) == (method, kind, body)
    assert request.headers["content-length"] == str(len(body))


def test_url_headers_and_auth_are_filled_in(app, web) -> None:
    web.answers["/2026-03-02T00%3A30%3A00%2B01%3A00"] = lambda _connection, _request: answer()
    web.answers["/"] = lambda _connection, _request: answer()

    headers = {"X-Token": " ${TOKEN} ", "X-Job": "{{ job }}", "idempotency-key": "mine", "Host": "other"}
    run(app, {"url": web.url("/{{ occurrence }}"), "headers": headers, "auth": {"bearer": "${TOKEN}"}})
    run(app, {"url": web.url(), "auth": {"basic": {"user": "ada", "password": "${TOKEN}"}}})
    run(app, web.url(host="ada:l%C3%B6ve@localhost"))

    first, second, third = (request.headers for request in web.requests)
    assert first["x-token"].encode("latin-1").decode() == TOKEN
    assert first["authorization"].encode("latin-1").decode() == f"Bearer {TOKEN}"
    assert (first["x-job"], first["idempotency-key"], first["host"]) == ("sales", "mine", "other")
    assert base64.b64decode(second["authorization"].split(" ")[1]).decode() == f"ada:{TOKEN}"
    assert base64.b64decode(third["authorization"].split(" ")[1]).decode() == "ada:löve"
    assert third["host"] == f"localhost:{web.port}"


def test_secrets_are_masked_in_the_log_and_in_errors(app, web, caplog) -> None:
    caplog.set_level("DEBUG")

    def echo(_connection: socket.socket, request: Request) -> bytes:
        said = f"{request.target} {request.headers['authorization']} {request.headers['x']}".encode("latin-1")
        return answer(said, "500 No")

    web.answers["/"] = echo
    written = {
        "url": web.url("/?t=${TOKEN}", host="u:${TOKEN}@localhost"),
        "headers": {"X": "${TOKEN}"},
        "expect_text": "${TOKEN}!",
    }

    with pytest.raises(HttpFailed) as caught:
        run(app, written)
    with pytest.raises(HttpFailed) as lacking:
        run(app, {**written, "expect_status": 500})
    with pytest.raises(TaskError) as malformed:
        run(app, {"url": "https://a:${TOKEN}/"})

    assert str(caught.value).startswith("http: status 500 Internal Server Error, expected 2xx: /?t=")
    assert str(lacking.value) == 'http.expect_text.contains: the body does not hold "***!"'
    assert str(malformed.value).startswith("http.url: its host or its port is none")
    everything = caplog.text + repr(caught.value) + repr(lacking.value) + repr(malformed.value)
    assert "hunter22" not in everything
    assert "***" in str(caught.value)
    assert base64.b64encode(b"u:hunter22").decode()[:8] not in everything


@pytest.mark.parametrize(
    ("written", "reply", "words"),
    [
        pytest.param({}, answer(b"\n\n  it broke \nmore", "503 x"), "http: status 503 Service Unavailable, expected 2xx: it broke", id="status"),
        pytest.param({}, answer(status="299 Odd") + b"", None, id="odd status that is expected"),
        pytest.param({"expect_status": [404, "300-302"]}, answer(), "http: status 200 OK, expected 404 or 300-302", id="success is no success"),
        pytest.param({"expect_text": "okay"}, answer(b"oka\ny"), 'http.expect_text.contains: the body does not hold "okay"', id="text"),
        pytest.param({"expect_text": "a\nb {{ job }}"}, answer(b"xa\nb sales"), None, id="text over lines"),
        pytest.param({"expect_text": {"contains": "o", "matches": "^ok$"}}, answer(b"not ok\n"), 'http.expect_text.matches: the body does not hold "^ok$"', id="pattern"),
        pytest.param({"expect_text": {"matches": "^ok$"}}, answer(b"well\nok\n"), None, id="pattern in a line"),
        pytest.param({}, answer(status="302 Found"), "http: status 302 Found, expected 2xx (it says not where to)", id="no location"),
        pytest.param({}, answer(status="302 Found", Location=""), "http: status 302 Found, expected 2xx (it says not where to)", id="empty location"),
        pytest.param({"redirects": False}, answer(status="301 x", Location="/x"), "http: status 301 Moved Permanently, expected 2xx (redirects are off)", id="redirects off"),
        pytest.param({"redirects": False, "expect_status": 301}, answer(status="301 x", Location="/x"), None, id="redirect expected"),
        pytest.param({"redirects": 3}, answer(status="307 x", Location="/?more"), "http: redirected more than 3 times, at last to {url}?more", id="loop"),
        pytest.param({}, answer(status="302 x", Location="ftp://x/"), 'http: redirected to "ftp://x/", which is no URL of a web server', id="to another scheme"),
        pytest.param({}, answer(status="302 x", Location="http://localhost:99999/"), 'http: redirected to "http://localhost:99999/", which is no URL', id="to a port that is none"),
        pytest.param({}, answer(status="302 x", Location="http://[::1/"), 'http: redirected to "http://[::1/", which is no URL', id="to nowhere"),
        pytest.param({}, b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "http: what localhost:{port} answers is no HTTP, or was cut: illegal status line: bytearray(b'SSH-2.0-OpenSSH_9.2')", id="not HTTP"),
        pytest.param({}, b"", "http: what localhost:{port} answers is no HTTP, or was cut: Server disconnected without sending a response.", id="nothing"),
        pytest.param({}, answer(b"123", Content_Length="10"), "http: what localhost:{port} answers is no HTTP, or was cut: peer closed connection without sending complete message body (received 3 bytes, expected 10)", id="cut"),
        pytest.param({}, answer(b"no gzip", Content_Encoding="gzip"), "http: the body is said to be gzip, and is not (Error -3 while decompressing data: incorrect header check)", id="no gzip"),
        pytest.param({}, answer(gzip.compress(b"abc")[:-9], Content_Encoding="gzip"), "http: the body ends in the midst of its gzip data", id="half a gzip"),
        pytest.param({"expect_text": "abc"}, answer(gzip.compress(b"ab") + gzip.compress(b"c"), Content_Encoding="x-gzip"), None, id="gzip in two members"),
        pytest.param({"expect_text": "abc"}, answer(b"abc", Content_Encoding="br"), "http.expect_text.contains: the body is in a coding that cannot be read", id="another coding"),
        pytest.param({"expect_text": "Zürich"}, answer("Zürich".encode("latin-1"), Content_Type="text/plain; charset=ISO-8859-1"), None, id="Latin-1"),
        pytest.param({"expect_text": "Zürich"}, answer("Zürich".encode("utf-16"), Content_Type="text/plain; charset=utf-16"), None, id="UTF-16"),
        pytest.param({"expect_text": "Z"}, answer(b"Z\xff\xfe", Content_Type="text/plain; charset=utf-8"), None, id="no UTF-8"),
        pytest.param({"expect_text": "abc"}, answer(b"abc", Content_Type="text/plain; charset=zlib"), None, id="no charset"),
        pytest.param({"method": "HEAD"}, answer(Content_Length="1000"), None, id="HEAD"),
        pytest.param({}, answer(status="304 x"), "http: status 304 Not Modified, expected 2xx", id="not modified"),
    ],
)  # fmt: skip
def test_an_answer_is_judged(app, web, written: Any, reply: bytes, words: str | None) -> None:
    web.answers["/"] = lambda _connection, _request: reply

    if words is None:
        run(app, {"url": web.url(), **written})
        return
    with pytest.raises(TaskError) as caught:
        run(app, {"url": web.url(), **written})

    assert str(caught.value) == words.format(port=web.port, url=web.url())
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_failed_request_knows_its_summary(app, web) -> None:
    web.answers["/"] = lambda _connection, _request: answer(b"x", "500 x")

    with pytest.raises(HttpFailed) as caught:
        run(app, web.url())

    assert (caught.value.summary["status"], caught.value.summary["bytes"]) == (500, 1)


def test_a_host_that_is_not_there(app) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(TaskError, match=rf"^http: no connection to localhost:{port}: Connection refused$"):
            run(app, f"http://localhost:{port}/")
    with pytest.raises(TaskError, match=r'^http: the host "no-such-host.invalid" has no address: '):
        run(app, "http://no-such-host.invalid/")


@pytest.mark.parametrize("when", ["at once", "after the request", "in the body"])
def test_a_connection_that_is_reset(app, web, when: str) -> None:
    def answers(connection: socket.socket, _request: Request) -> None:
        if when == "in the body":
            connection.sendall(answer(b"123", Content_Length="10"))
        reset(connection)

    web.answers["/"] = answers
    written = {"url": web.url(), "body": "x" * (10_000_000 if when == "at once" else 1)}
    doing = "reading the body" if when == "in the body" else "waiting for the answer"

    with pytest.raises(TaskError) as caught:
        run(app, written)

    assert str(caught.value) in (
        f"http: the connection to localhost:{web.port} broke while {doing}: [Errno 104] Connection reset by peer",
        f"http: the connection to localhost:{web.port} broke while waiting for the answer: [Errno 104] Connection reset by peer",
    )


def _hang(web: Web, connection: socket.socket) -> None:
    web.over.wait()


def _trickle(web: Web, connection: socket.socket) -> None:
    connection.sendall(answer(Content_Length="1000000"))
    while not web.over.wait(0.05):
        connection.sendall(b"x")


def _trickle_headers(web: Web, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not web.over.wait(0.05):
        connection.sendall(b"X: y\r\n")


def _more_to_come(web: Web, connection: socket.socket) -> None:
    while not web.over.wait(0.05):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    ("behaviour", "doing"),
    [
        pytest.param(_hang, "waiting for the answer", id="hangs"),
        pytest.param(_trickle, "reading the body", id="trickles"),
        pytest.param(_trickle_headers, "waiting for the answer", id="trickles headers"),
        pytest.param(_more_to_come, "waiting for the answer", id="continues for ever"),
    ],
)
def test_a_server_that_does_not_come_to_an_end(app, web, behaviour, doing: str) -> None:
    web.answers["/"] = lambda connection, _request: behaviour(web, connection)
    began = time.monotonic()

    with pytest.raises(RunTimedOut) as caught:
        run(app, web.url(), limit=1.0)

    assert str(caught.value) == f"http: its time was up after 1 s, {doing}"
    assert isinstance(caught.value, SoftTimeLimitExceeded)
    assert 1.0 <= time.monotonic() - began < 2.0


def test_a_server_that_does_not_read(app) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://localhost:{server.getsockname()[1]}/"

        with pytest.raises(RunTimedOut, match=r"^http: its time was up after 1 s, waiting for the answer$"):
            run(app, {"url": url, "body": "x" * 20_000_000, "timeout": "1s"}, limit=30.0)


def test_redirects_share_one_time_limit(app, web) -> None:
    def slow(_connection: socket.socket, _request: Request) -> bytes:
        web.over.wait(0.3)
        return answer(status="302 Found", Location="/")

    web.answers["/"] = slow

    with pytest.raises(RunTimedOut):
        run(app, web.url(), limit=1.0)

    assert 3 <= len(web.requests) <= 4


def test_a_connection_that_does_not_come_about(app) -> None:
    # The queue of a server that accepts nobody is full with two.
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))

        with pytest.raises(TaskError) as caught:
            run(app, {"url": f"http://127.0.0.1:{port}/", "connect_timeout": "1s"})
        for one in waiting:
            one.close()

    assert str(caught.value) == f"http: no connection to 127.0.0.1:{port} within 1 s (connect_timeout), connecting"


def test_a_name_server_that_hangs(app, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(names, "_addresses", lambda _host, _port: over.wait(30) and ())
    try:
        with pytest.raises(TaskError, match=r"within 1 s \(connect_timeout\), looking up the host$"):
            run(app, {"url": "http://slow.invalid/", "connect_timeout": "1s"})
        with pytest.raises(RunTimedOut, match=r"^http: its time was up after 1 s, looking up the host$"):
            run(app, "http://slow.invalid/", limit=0.6)
    finally:
        over.set()


def _gigabyte(_web: Web, connection: socket.socket) -> None:
    block = b"a line of the middle of it\n" * 40_000
    connection.sendall(answer(b"begin\n", Content_Length=str(1_000 * len(block) + 10)))
    for _ in range(1_000):
        connection.sendall(block)
    connection.sendall(b"end\n")


def test_a_gigabyte_is_cut_to_its_beginning_and_end(app, web, caplog) -> None:
    caplog.set_level("INFO")
    web.answers["/"] = lambda connection, _request: _gigabyte(web, connection)
    tracemalloc.start()
    try:
        summary = run(app, {"url": web.url(), "expect_text": "it\nend"})
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    said = lines(caplog)
    assert summary["bytes"] == 1_080_000_010
    assert summary["cut_bytes"] > summary["bytes"] - 2**16
    assert (said[1], said[-1]) == ("body: begin", "body: end")
    assert sum("bytes left out" in line for line in said) == 1
    assert most < 20 * 2**20


def test_a_bomb_of_zeros_is_stopped(app, web) -> None:
    bomb = gzip.compress(bytes(400 * 2**20), 9)
    web.answers["/"] = lambda _connection, _request: answer(bomb, Content_Encoding="gzip", Content_Type="text/plain")
    tracemalloc.start()
    try:
        with pytest.raises(TaskError, match=r"^http: the body is more than 256 MiB once it is unpacked$"):
            run(app, web.url())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 20 * 2**20


def test_a_bomb_in_a_bomb_is_left_alone(app, web, caplog) -> None:
    caplog.set_level("INFO")
    bomb = gzip.compress(gzip.compress(bytes(2**24)))
    web.answers["/"] = lambda _connection, _request: answer(bomb, Content_Encoding="gzip, gzip")

    assert run(app, web.url())["bytes"] == len(bomb)
    assert lines(caplog)[1:] == [f"http: the body of {len(bomb):,} bytes is not shown: gzip, gzip"]


def test_a_picture_is_not_shown(app, web, caplog) -> None:
    caplog.set_level("INFO")
    web.answers["/"] = lambda _connection, _request: answer(b"\x89PNG\r\n", Content_Type="image/png")

    run(app, {"url": web.url(), "expect_text": "PNG"})

    assert lines(caplog)[1:] == ["http: the body of 6 bytes is not shown: image/png"]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [("301", "POST", "GET"), ("302", "POST", "GET"), ("303", "PUT", "GET"), ("307", "POST", "POST"), ("308", "PUT", "PUT"), ("302", "PUT", "PUT"), ("303", "HEAD", "HEAD")],
)  # fmt: skip
def test_a_redirect_is_followed_as_browsers_do(app, web, status: str, method: str, then: str) -> None:
    web.answers["/"] = lambda _connection, _request: answer(status=f"{status} x", Location="there?x=1")
    web.answers["/there"] = lambda _connection, _request: answer()

    summary = run(app, {"url": web.url(), "method": method, "body": "abc", "headers": {"X": "y"}})

    first, second = web.requests
    assert summary["redirects"] == 1
    assert (second.method, second.target, second.headers["x"]) == (then, "/there?x=1", "y")
    assert second.headers["idempotency-key"] == RUN
    assert second.body == (b"" if then == "GET" else first.body)
    assert ("content-type" in second.headers) == (then != "GET")


def test_another_origin_is_told_no_secret(app, web) -> None:
    with Web() as other:
        web.answers["/"] = lambda _connection, _request: answer(
            status="307 x", Location=other.url("/b", host="a:b@localhost")
        )
        other.answers["/b"] = lambda _connection, _request: answer()

        run(
            app, {"url": web.url(), "body": "abc", "headers": {"X-Api-Key": "${TOKEN}"}, "auth": {"bearer": "${TOKEN}"}}
        )

        host = f"localhost:{other.port}"
    (request,) = other.requests
    assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent", "content-type", "content-length"}
    assert request.headers["host"] == host


def test_only_named_hosts_are_called(app, web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_HTTP_HOSTS", "LocalHost, *.internal")
    web.answers["/"] = lambda _connection, _request: answer()
    web.answers["/away"] = lambda _connection, _request: answer(status="302 x", Location=web.url(host="127.0.0.1"))
    refused = r'^http: this worker may not call "127\.0\.0\.1", expected one of localhost, \*\.internal \(SCHEDULER_HTTP_HOSTS\)$'

    run(app, web.url(host="LOCALHOST"))
    with pytest.raises(TaskError, match=refused):
        run(app, web.url(host="127.0.0.1"))
    with pytest.raises(TaskError, match=refused):
        run(app, web.url("/away"))

    assert [request.target for request in web.requests] == ["/", "/away"]


@pytest.mark.parametrize(
    ("url", "called"),
    [
        pytest.param("http://localhost:{port}@127.0.0.1:{port}/", "127.0.0.1", id="allowed name as user and password"),
        pytest.param("http://localhost%2f@127.0.0.1:{port}/", "127.0.0.1", id="allowed name as user with a slash"),
        pytest.param("http://127.0.0.1:{port}#@localhost/", "127.0.0.1", id="allowed name in the fragment"),
        pytest.param("http://127.0.0.1:{port}?@localhost/", "127.0.0.1", id="allowed name in the query"),
        pytest.param("http://localhost..:{port}/", "localhost..", id="two dots"),
        pytest.param("http://.localhost:{port}/", ".localhost", id="leading dot"),
        pytest.param("http://127.0.0.1.:{port}/", "127.0.0.1.", id="address with a dot"),
        pytest.param("http://2130706433:{port}/", "2130706433", id="address as one number"),
        pytest.param("http://0x7f.1:{port}/", "0x7f.1", id="address in other digits"),
        pytest.param("http://[::1]:{port}/", "::1", id="IPv6"),
        pytest.param("http://[::ffff:127.0.0.1]:{port}/", "::ffff:127.0.0.1", id="IPv4 in IPv6"),
        pytest.param("http://localhost%2e127.0.0.1:{port}/", "localhost%2e127.0.0.1", id="encoded dot"),
        pytest.param("http://localhost;127.0.0.1:{port}/", "localhost;127.0.0.1", id="semicolon"),
        pytest.param("//127.0.0.1:{port}/", "127.0.0.1", id="without a scheme"),
        pytest.param("http://127.0.0.1:{port}\\@localhost/", "", id="backslash"),
    ],
)
def test_no_spelling_of_a_url_leads_to_a_host_that_is_not_named(
    app, web, monkeypatch: pytest.MonkeyPatch, url: str, called: str
) -> None:
    monkeypatch.setenv("SCHEDULER_HTTP_HOSTS", "localhost *.localhost")
    location = url.format(port=web.port)
    web.answers["/"] = lambda _connection, _request: answer()
    web.answers["/away"] = lambda _connection, _request: answer(status="302 x", Location=location)
    monkeypatch.setenv("PLACE", location)

    def outcome(written: str) -> str:
        try:
            run(app, written)
        except TaskError as error:
            return str(error)
        return ""

    for written in ("${PLACE}", web.url("/away")):
        said = outcome(written)
        assert f'http: this worker may not call "{called}"' in said or said.startswith("http.url: ") or not called

    assert {request.headers["host"] for request in web.requests} == {f"localhost:{web.port}"}


@pytest.mark.parametrize(
    ("why", "error"), [("cancelled", RunCancelled), ("stopped", RunStopped), ("timed_out", RunTimedOut)]
)
def test_a_request_can_be_ended_from_another_thread(app, web, why, error) -> None:
    web.answers["/"] = lambda connection, _request: _hang(web, connection)
    caught: list[BaseException] = []

    def target() -> None:
        try:
            run(app, web.url())
        except (RunCancelled, RunStopped, RunTimedOut) as ended:
            caught.append(ended)

    thread = threading.Thread(target=target)
    thread.start()
    wait_for(lambda: web.requests, 5, "the request")
    assert interrupt(RUN, why)
    thread.join(2)

    assert [type(ended) for ended in caught] == [error]


def test_a_hundred_requests_are_ended_at_once(app, web) -> None:
    web.answers["/"] = lambda connection, _request: _hang(web, connection)
    ended: list[str] = []

    def target(number: int) -> None:
        try:
            run(app, web.url(), run_id=f"sales@{number}")
        except RunStopped:
            ended.append(f"sales@{number}")

    threads = [threading.Thread(target=target, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(web.requests) == 100, 20, "all requests")
    interrupted = interrupt_all("stopped")
    for thread in threads:
        thread.join(5)

    assert sorted(ended) == sorted(interrupted)
    assert len(ended) == 100


def test_no_connection_and_no_thread_is_left(app, web) -> None:
    gone = threading.Semaphore(0)

    def answers(connection: socket.socket, _request: Request) -> None:
        connection.sendall(answer(b"ok"))
        if not connection.recv(1):
            gone.release()

    web.answers["/"] = answers

    for _ in range(20):
        run(app, web.url())

    assert all(gone.acquire(timeout=5) for _ in range(20))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("${TOKEN}", "http.url: it has no scheme", id="no scheme"),
        pytest.param("http://${TOKEN} x/", "http.url: it holds a blank", id="blank"),
        pytest.param(f"http://a/{'x' * 70_000}", "http.url: URL too long", id="too long"),
        pytest.param("http://ex*ample\u2028.com/", "http.url: ", id="no host"),
    ],
)
def test_a_url_that_is_none(app, url: str, words: str) -> None:
    with pytest.raises(TaskError) as caught:
        run(app, url)

    assert str(caught.value).startswith(words)


def test_a_secret_with_a_line_break_makes_no_header(app, web, tmp_path) -> None:
    (tmp_path / "key").write_text("first-line\r\nX-Admin: yes")

    with pytest.raises(TaskError) as caught:
        run(app, {"url": web.url(), "headers": {"X": f"${{file:{tmp_path}/key}}"}})

    assert "line break" in str(caught.value)
    assert "first-line" not in str(caught.value)
    assert web.requests == []
