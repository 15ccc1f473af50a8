"""What the connection of a request leaves behind when it fails."""

import socket
import ssl
import struct
import time

import httpcore
import pytest

from scheduler.tasks.http.patience import Patience
from scheduler.tasks.http.wire import Wire
from tests.servers import wait_for


def reset_connection() -> socket.socket:
    """Return a connection that its server has reset."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
    return client


def has_no_peer(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return True
    return False


def test_a_connection_that_was_reset_before_tls_is_closed() -> None:
    sock = reset_connection()
    wait_for(lambda: has_no_peer(sock), 5, "the reset to arrive")
    with Patience(10) as patience:
        wire = Wire(sock, patience, time.monotonic() + 10)

        # A socket that is left open warns, and a warning fails the test.
        with pytest.raises(httpcore.ConnectError, match="reset by peer"):
            wire.start_tls(ssl.create_default_context(), "localhost")

    assert sock.fileno() == -1
