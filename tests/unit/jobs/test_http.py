"""`http:` in a file: what it becomes, what is wrong with it, and what may be meant otherwise."""
# ruff: noqa: E501 - a row holds the whole sentence

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs import Http
from scheduler.jobs.http_status import is_among, listed
from scheduler.jobs.load import load
from scheduler.jobs.message import HTTP
from tests.unit.jobs.test_bad_jobs import place_and_problem

URL = 'a URL such as "https://shop.internal/warm"'
STATUS = "a status such as 204, a class such as 2xx, a range such as 200-204, or a list of these"
REFERENCE = '"${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")'


@pytest.mark.parametrize(
    ("written", "verb", "stored"),
    [
        pytest.param("https://a/", "GET", {"url": "https://a/"}, id="short"),
        pytest.param('"${BASE}/x"', "GET", {"url": "${BASE}/x"}, id="reference"),
        pytest.param("{url: 'http://a/{{ occurrence.date }}', method: PUT}", "PUT", {"url": "http://a/{{ occurrence.date }}", "method": "PUT"}, id="method"),
        pytest.param("{url: http://a, json: {a: [1, null]}}", "POST", {"url": "http://a", "json": {"a": [1, None]}}, id="json"),
        pytest.param("{url: http://a, json: null}", "POST", {"url": "http://a", "json": None}, id="json null"),
        pytest.param("{url: http://a, form: {a: b}, expect_status: [2xx, 304]}", "POST", {"url": "http://a", "form": {"a": "b"}, "expect_status": ["2xx", 304]}, id="form"),
        pytest.param("{url: http://a, body: '', timeout: 5s}", "POST", {"url": "http://a", "body": "", "timeout": "5s"}, id="empty body"),
    ],
)  # fmt: skip
def test_a_request_is_read_and_stored_with_its_references(read, written: str, verb: str, stored: Any) -> None:
    job = read(f"jobs: {{a: {{every: 5m, http: {written}}}}}", BASE="http://base.internal").file.jobs["a"]

    assert (job.kind, job.http.verb, job.call.name, job.call.kwargs) == ("http", verb, HTTP, {"http": stored})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {every: 5m, http: ▸5}", f"a.http: 5 is no request, expected {URL}, or keys such as url and method", id="number"),
        pytest.param("a: {every: 5m, ▸http: {method: GET}}", f'a.http.url: "url" is missing, expected {URL}', id="no URL"),
        pytest.param('a: {every: 5m, http: ▸" "}', f"a.http: it is empty, expected {URL}", id="blank"),
        pytest.param("a: {every: 5m, http: {url: ▸example.com/x}}", f"a.http.url: it has no scheme, expected {URL}, with https:// or http:// before the host", id="no scheme"),
        pytest.param("a: {every: 5m, http: ▸ftp://example.com}", 'a.http: "ftp" is not a scheme of requests, expected https or http', id="scheme"),
        pytest.param("a: {every: 5m, http: {url: ▸https:///path}}", f"a.http.url: it names no host, expected {URL}", id="no host"),
        pytest.param('a: {every: 5m, http: ▸"https://a:99999/"}', f"a.http: its host or its port is none, expected {URL}", id="port"),
        pytest.param('a: {every: 5m, http: ▸"https://[::1/"}', f"a.http: its host or its port is none, expected {URL}", id="half an address"),
        pytest.param("a: {every: 5m, http: ▸https://a..b/}", f'a.http: "a..b" is not the name of a host, expected {URL}', id="host"),
        pytest.param("a: {every: 5m, http: ▸https://a/b c}", 'a.http: it holds a blank, expected "%20" for it', id="blank in it"),
        pytest.param('a: {every: 5m, http: ▸"https://a/\\n"}', "a.http: it holds the character '\\n', expected \"%0A\" for it", id="line break"),
        pytest.param('a: {every: 5m, http: ▸"https://a/{{ ocurrence.date }}"}', 'a.http: "ocurrence.date" is not a name that templates know (did you mean "occurrence.date"?), expected occurrence, interval.start or interval.end (with .date, .time, .iso or alone), job or run_id', id="template"),
        pytest.param('a: {every: 5m, http: ▸"https://a/${"}', f'a.http: "${{" is not closed, expected {REFERENCE}', id="reference"),
        pytest.param("a: {every: 5m, http: {url: http://a, method: ▸POTS}}", 'a.http.method: POTS is not known (did you mean "POST"?), expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS', id="method"),
        pytest.param("a: {every: 5m, http: {url: http://a, ▸header: {}}}", 'a.http.header: the key "header" is not known (did you mean "headers"?), expected one of auth, body, ca_file, connect_timeout, expect_status, expect_text, form, headers, json, method, redirects, timeout, url, verify', id="key"),
        pytest.param("a: {every: 5m, http: {url: http://a, headers: {X: ▸1}}}", 'a.http.headers.X: 1 is not text, expected quotes around it: "1"', id="number as header"),
        pytest.param("a: {every: 5m, http: {url: http://a, headers: ▸{X Y: a}}}", 'a.http.headers: "X Y" is not the name of a header, expected a name such as "X-Api-Key"', id="name of a header"),
        pytest.param('a: {every: 5m, http: {url: http://a, headers: ▸{X: "a\\r\\nB: c"}}}', "a.http.headers: the value of X has a line break or another control character, expected a value in one line", id="header in a header"),
        pytest.param("a: {every: 5m, http: {url: http://a, headers: ▸{Content-Length: '5'}}}", "a.http.headers: Content-Length is for the request itself to say, expected a header that is about its content", id="framing"),
        pytest.param("a: {every: 5m, http: {url: http://a, headers: ▸{X: a, x: b}}}", "a.http.headers: X and x are one header, expected each header once", id="header twice"),
        pytest.param("a: {every: 5m, http: ▸{url: http://a, body: x, form: {}}}", "a.http: body and form cannot hold together, expected one of body, json, form", id="two contents"),
        pytest.param("a: {every: 5m, http: {url: http://a, json: {a: ▸12:30}}}", 'a.http.json.a: 12:30 is the number 750 in YAML, expected quotes around it: "12:30"', id="surprise in JSON"),
        pytest.param("a: {every: 5m, http: {url: http://a, form: {a: ▸1}}}", 'a.http.form.a: 1 is not text, expected quotes around it: "1"', id="number in a form"),
        pytest.param("a: {every: 5m, http: {url: http://a, auth: ▸{}}}", 'a.http.auth: it says nothing, expected either "basic: {user: …, password: …}" or "bearer: …"', id="no auth"),
        pytest.param("a: {every: 5m, http: {url: http://a, auth: ▸{bearer: x, basic: {user: y}}}}", 'a.http.auth: it is two ways, expected either "basic: {user: …, password: …}" or "bearer: …"', id="two auths"),
        pytest.param("a: {every: 5m, http: ▸{url: http://a, auth: {bearer: x}, headers: {AUTHORIZATION: y}}}", "a.http: auth and the header Authorization cannot hold together, expected one of them", id="auth and header"),
        pytest.param("a: {every: 5m, http: {url: http://a, expect_status: ▸600}}", f"a.http.expect_status: 600 is no status, expected {STATUS}", id="status"),
        pytest.param("a: {every: 5m, http: {url: http://a, expect_status: ▸[2xx, 404-200]}}", f"a.http.expect_status: '404-200' is no status, expected {STATUS}", id="range"),
        pytest.param("a: {every: 5m, http: {url: http://a, expect_status: ▸yes}}", f"a.http.expect_status: yes is true in YAML, expected {STATUS}", id="switch as status"),
        pytest.param("a: {every: 5m, http: {url: http://a, expect_status: ▸[]}}", "a.http.expect_status: the list is empty, expected at least one item", id="no status"),
        pytest.param('a: {every: 5m, http: {url: http://a, expect_text: {matches: ▸"("}}}', 'a.http.expect_text.matches: "(" is not a pattern (missing ) at position 1), expected a regular expression such as "ERROR|FATAL"', id="pattern"),
        pytest.param('a: {every: 5m, http: {url: http://a, expect_text: ▸" "}}', "a.http.expect_text: it is empty, expected a text that the body holds", id="blank text"),
        pytest.param("a: {every: 5m, http: {url: http://a, redirects: ▸21}}", "a.http.redirects: 21 is not a number of redirects, expected true, false, or how many at most, up to 20", id="redirects"),
        pytest.param("a: {every: 5m, http: {url: http://a, timeout: ▸5}}", 'a.http.timeout: 5 is not a duration, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="timeout"),
        pytest.param("a: {every: 5m, http: {url: http://a, ca_file: ▸ca.pem}}", 'a.http.ca_file: "ca.pem" is not an absolute path, expected a file such as "/etc/ssl/private-ca.pem"', id="CA file"),
        pytest.param("a: {every: 5m, http: ▸{url: http://a, ca_file: /ca.pem, verify: false}}", "a.http: ca_file is of no use where nothing is verified, expected ca_file without verify: false", id="CA file for nothing"),
        pytest.param("a: {every: 5m, http: http://a, ▸command: x}", "a: command and http cannot hold together, expected exactly one of task, report, cleanup, command, http", id="command too"),
    ],
)  # fmt: skip
def test_a_bad_request_is_said_at_its_place(problems, text: str, expected: str) -> None:
    text, expected = place_and_problem(text, expected)

    assert problems(text) == [expected]


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "HTTPS://Example.com.:443/ä?b=c&d=%20#e",
        "https://user:${PASSWORD}@[::1]:8000/",
        "https://${HOST}:${PORT}/",
        "https://{{ job }}.internal/{{ occurrence.date - 1d }}",
        "https://bücher.example/",
    ],
)
def test_a_url_may_be(url: str) -> None:
    assert Http(url=url).url == url


@pytest.mark.parametrize(
    ("written", "said", "among", "not_among"),
    [
        (204, "204", [204], [200]),
        ("2xx", "2xx", [200, 299], [199, 300]),
        ("200-204", "200-204", [200, 204], [205]),
        (["2xx", 304, "401-403"], "2xx or 304 or 401-403", [201, 304, 402], [300, 404]),
    ],
)
def test_statuses(written: Any, said: str, among: list[int], not_among: list[int]) -> None:
    ranges = Http.model_validate({"url": "http://a", "expect_status": written}).expect_status

    assert listed(ranges) == said
    assert [status for status in [*among, *not_among] if is_among(status, ranges)] == among


@pytest.mark.parametrize(("written", "expected"), [("true", 10), ("false", 0), ("3", 3)])
def test_redirects(read, written: str, expected: int) -> None:
    job = read(f"jobs: {{a: {{every: 5m, http: {{url: http://a, redirects: {written}}}}}}}").file.jobs["a"]

    assert job.http.redirects == expected


def notes(tmp_path: Path, http: str) -> list[str]:
    """Return what `check` notes of a request, without the place."""
    path = tmp_path / "schedules.yaml"
    path.write_text(f"jobs:\n  a:\n    every: 5m\n    http: {http}\n")
    loaded = load(path, {"X": "a-secret"}, max_bytes=100_000, now=datetime(2026, 1, 1, tzinfo=UTC))
    return [f"{warning.where}: {warning.what}" for warning in loaded.warnings]


SECRET = "this looks like a secret"


@pytest.mark.parametrize(
    ("http", "noted"),
    [
        pytest.param("https://ada:lovelace@host/", [f"a.http: {SECRET}"], id="in a URL"),
        pytest.param('"https://ada:${X}@host/?token=${X}"', [], id="references in a URL"),
        pytest.param("https://host/?token=abcdef", [f"a.http: {SECRET}"], id="in a query"),
        pytest.param("{url: http://a, headers: {X-Api-Key: abcdef}}", [f"a.http.headers.X-Api-Key: {SECRET}"], id="header"),
        pytest.param("{url: http://a, auth: {bearer: abcdef}}", [f"a.http.auth.bearer: {SECRET}"], id="bearer"),
        pytest.param("{url: http://a, auth: {basic: {user: u, password: abcdef}}}", [f"a.http.auth.basic.password: {SECRET}"], id="basic"),
        pytest.param('{url: http://a, auth: {basic: {user: u, password: "${X}"}}, headers: {X-Api-Key: "${X}"}}', [], id="references"),
        pytest.param('{url: http://a, body: "{{ ocurrence.date }}"}', ['a.http.body: it stays as it is: "ocurrence.date" is not a name that templates know (did you mean "occurrence.date"?)'], id="typo"),
        pytest.param('{url: http://a, json: {text: "{{name}} {{ job }}"}}', [], id="braces of others"),
    ],
)  # fmt: skip
def test_check_notes_secrets_and_braces_that_may_be_templates(tmp_path: Path, http: str, noted: list[str]) -> None:
    assert notes(tmp_path, http) == noted
