"""Whom the task `scheduler.http` trusts, with real servers and certificates."""

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.tasks.errors import TaskError
from scheduler.worker.endings import RunTimedOut
from tests.integration.test_http_task import app, run
from tests.integration.web import Web, answer, reset

__all__ = ["app"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an authority, a certificate that it signed for localhost, and one that is self-signed."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("needs openssl on PATH")
    folder = tmp_path_factory.mktemp("tls")
    new = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    leaf = [*name, "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "ca.crt", "-CAkey", "ca.key"]
    for arguments in (
        [*new, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority"],
        [*new, "-keyout", "signed.key", "-out", "signed.crt", *leaf],
        [*new, "-keyout", "self.key", "-out", "self.crt", *name],
    ):
        subprocess.run(arguments, cwd=folder, check=True, capture_output=True)
    return folder


def server(folder: Path, name: str) -> Web:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return Web({"/": lambda _connection, _request: answer(b"x" * 300_000)}, tls=context)


@pytest.fixture
def signed(folder: Path) -> Iterator[Web]:
    with server(folder, "signed") as web:
        yield web


def test_a_private_authority_is_trusted_by_its_file(app, signed: Web, folder: Path) -> None:
    summary = run(app, {"url": signed.url(), "body": "y" * 3_000_000, "ca_file": str(folder / "ca.crt")})

    assert (summary["status"], summary["bytes"]) == (200, 300_000)
    assert len(signed.requests[0].body) == 3_000_000


def test_a_private_authority_is_trusted_by_the_workers_store(app, signed: Web, folder: Path) -> None:
    # OpenSSL reads the variable when a process makes its first context.
    program = """
from scheduler.tasks.http.tls import tls_context
print(len(tls_context(verify=True, ca_file=None).get_ca_certs()))
"""
    environment = {"SSL_CERT_FILE": str(folder / "ca.crt"), "PATH": "/bin"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "1\n"


@pytest.mark.parametrize("name", ["signed", "self"])
def test_what_nobody_vouches_for_is_not_trusted(app, folder: Path, name: str) -> None:
    with server(folder, name) as web:
        with pytest.raises(TaskError) as caught:
            run(app, {"url": web.url(), "headers": {"X": "${TOKEN}"}})
        assert run(app, {"url": web.url(), "verify": False})["status"] == 200
        port = web.port

    assert str(caught.value).startswith(f"http: the certificate of localhost:{port} is not trusted: ")
    assert ("self-signed certificate" if name == "self" else "unable to get local issuer") in str(caught.value)
    assert len(web.requests) == 1


def test_a_certificate_of_another_name_is_not_trusted(app, signed: Web, folder: Path) -> None:
    url = signed.url(host="127.0.0.1")

    with pytest.raises(TaskError) as caught:
        run(app, {"url": url, "ca_file": str(folder / "ca.crt")})

    assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in str(caught.value)
    assert signed.requests == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("none.pem", ": No such file or directory", id="missing"),
        pytest.param("ca.key", ": it holds no certificates, expected a file in PEM", id="a key"),
        pytest.param("", ": Is a directory", id="a folder"),
    ],
)
def test_a_file_without_authorities(app, signed: Web, folder: Path, name: str, words: str) -> None:
    with pytest.raises(TaskError) as caught:
        run(app, {"url": signed.url(), "ca_file": f"{folder}/{name}"})

    assert str(caught.value) == f"http.ca_file: {folder}/{name}{words}"


def test_a_file_that_is_replaced_is_read_again(app, signed: Web, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    shutil.copy(folder / "self.crt", file)
    with pytest.raises(TaskError, match="is not trusted"):
        run(app, {"url": signed.url(), "ca_file": str(file)})

    (tmp_path / "new.pem").write_bytes((folder / "ca.crt").read_bytes())
    (tmp_path / "new.pem").rename(file)

    assert run(app, {"url": signed.url(), "ca_file": str(file)})["status"] == 200


def test_a_server_without_tls(app) -> None:
    def refuse() -> None:
        with listening.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(answer(b"what?", "400 Bad Request"))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(
            TaskError, match=rf"^http: no TLS with localhost:{port}: (wrong version number|record layer)"
        ):
            run(app, f"https://localhost:{port}/")
        thread.join(5)


def test_a_server_that_hangs_before_tls(app) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://localhost:{listening.getsockname()[1]}/"
        with pytest.raises(TaskError, match=r"within 1 s \(connect_timeout\), agreeing on TLS$"):
            run(app, {"url": url, "connect_timeout": "1s"})
        with pytest.raises(RunTimedOut, match=r"^http: its time was up after 1 s, agreeing on TLS$"):
            run(app, url, limit=0.6)


def test_a_server_that_resets_before_tls(app) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=lambda: reset(listening.accept()[0]))
        thread.start()
        with pytest.raises(TaskError, match=rf"^http: no connection to localhost:{port}: Connection reset by peer$"):
            run(app, f"https://localhost:{port}/")
        thread.join(5)


def test_no_way_leads_from_https_to_http(app, folder: Path) -> None:
    with server(folder, "signed") as web:
        web.answers["/"] = lambda _connection, _request: answer(status="302 x", Location="http://localhost/")
        with pytest.raises(TaskError) as caught:
            run(app, {"url": web.url(), "verify": False})

    expected = 'http: redirected to "http://localhost/", from https to http, where everybody can read it'
    assert str(caught.value) == expected
