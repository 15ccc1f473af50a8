"""`rediss://` verifies the certificate in each of the three clients: ours, RedBeat's and kombu's."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redbeat.schedulers import ensure_conf, get_redis
from redis.exceptions import RedisError

from scheduler.beat.project import configure
from scheduler.settings import Settings
from scheduler.store.client import connect
from scheduler.store.server import RedisUrl
from tests.servers import wait_for


@dataclass
class TlsServer:
    """A server that speaks TLS only, and the authority that signed its certificate."""

    port: int
    authority: Path

    @property
    def unverifiable(self) -> str:
        return f"rediss://localhost:{self.port}/0"

    @property
    def verifiable(self) -> str:
        return f"{self.unverifiable}?ssl_ca_certs={self.authority}"

    @property
    def unverified(self) -> str:
        return f"{self.unverifiable}?ssl_cert_reqs=none"

    @property
    def wrong_name(self) -> str:
        return f"rediss://127.0.0.1:{self.port}/0?ssl_ca_certs={self.authority}"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsServer]:
    openssl, server = shutil.which("openssl"), shutil.which("redis-server")
    if not (openssl and server):
        pytest.skip("needs openssl and a redis-server built with TLS on PATH")
    folder = tmp_path_factory.mktemp("tls")
    _certificates(openssl, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"--port": "0", "--tls-port": str(port), "--tls-auth-clients": "no", "--bind": "127.0.0.1", "--save": ""}
    files = {"--tls-cert-file": "s.crt", "--tls-key-file": "s.key", "--tls-ca-cert-file": "ca.crt"}
    command = [server, *(word for pair in (options | files).items() for word in pair)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: process.poll() is not None or _listens(port), 10, "the server")
        if process.poll() is not None:
            pytest.skip("the redis-server on PATH is built without TLS")
        yield TlsServer(port, folder / "ca.crt")
    finally:
        process.terminate()
        process.wait(10)


def _certificates(openssl: str, folder: Path) -> None:
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    authority = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority"]
    signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"]
    leaf = [
        "-keyout",
        "s.key",
        "-out",
        "s.crt",
        "-subj",
        "/CN=localhost",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]
    for arguments in ([*new, *authority], [*new, *leaf, *signed]):
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def through_our_client(url: str) -> None:
    connect(RedisUrl.parse(url)).ping()


def through_redbeat(url: str) -> None:
    app = Celery("tls", set_as_current=False, broker="redis://")
    configure(app, Settings.of({"SCHEDULER_REDIS_URL": url}))
    redbeat_client(app).ping()


def redbeat_client(app: Celery) -> Any:
    ensure_conf(app)
    return get_redis(app)


def through_kombu(url: str) -> None:
    app = Celery("tls", set_as_current=False, broker=RedisUrl.parse(url).broker)
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0.1)
        connection.default_channel.client.ping()


CLIENTS = [
    pytest.param(through_our_client, id="ours"),
    pytest.param(through_redbeat, id="RedBeat's"),
    pytest.param(through_kombu, id="kombu's"),
]


@pytest.mark.parametrize("ping", CLIENTS)
def test_a_certificate_of_a_known_authority_is_accepted(tls: TlsServer, ping: Callable[[str], None]) -> None:
    ping(tls.verifiable)


@pytest.mark.parametrize("ping", CLIENTS)
@pytest.mark.parametrize("kind", ["unverifiable", "wrong_name"])
def test_a_certificate_that_cannot_be_verified_is_refused(
    tls: TlsServer, ping: Callable[[str], None], kind: str
) -> None:
    with pytest.raises((RedisError, OperationalError), match=r"(?i)certificate"):
        ping(getattr(tls, kind))


@pytest.mark.parametrize("ping", CLIENTS)
def test_not_to_verify_has_to_be_asked_for(tls: TlsServer, ping: Callable[[str], None]) -> None:
    ping(tls.unverified)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
@pytest.mark.parametrize("requirement", [ssl.CERT_REQUIRED, "required", None])
def test_what_celerys_own_setting_says_of_certificates_holds_for_the_schedule_too(
    tls: TlsServer, scheme: str, requirement: object
) -> None:
    app = Celery("tls", set_as_current=False, broker=f"{scheme}://localhost:{tls.port}/0")
    app.conf.broker_use_ssl = {"ssl_cert_reqs": requirement, "ssl_ca_certs": str(tls.authority)}
    configure(app, Settings.of({}))

    redbeat_client(app).ping()


def test_a_broker_that_celery_is_told_not_to_verify_is_not_verified(tls: TlsServer) -> None:
    app = Celery("tls", set_as_current=False, broker=tls.unverifiable)
    app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_NONE}
    configure(app, Settings.of({}))

    redbeat_client(app).ping()


def test_a_setting_that_names_no_authority_leaves_the_certificate_unverifiable(tls: TlsServer) -> None:
    app = Celery("tls", set_as_current=False, broker=tls.unverifiable)
    app.conf.broker_use_ssl = {"ssl_certfile": None}
    configure(app, Settings.of({}))

    with pytest.raises(RedisError, match=r"(?i)certificate"):
        redbeat_client(app).ping()
