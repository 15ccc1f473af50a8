"""The connection of a request, as httpcore wants it: bytes to and from a server, for no longer than the patience."""

import os
import select
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpcore

from scheduler.tasks.http.patience import Patience

T = TypeVar("T")

AWAITING = "waiting for the answer"


class Wire(httpcore.NetworkStream):
    """A socket that is connected. `until` is when the connection must stand, TLS included, by the monotonic clock."""

    def __init__(self, sock: socket.socket, patience: Patience, until: float) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._patience = patience
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, nothing at the end. Raises httpcore.ReadError, OutOfPatience."""
        try:
            return self._done(partial(self._socket.recv, max_bytes), select.POLLIN)
        except OSError as error:
            raise httpcore.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it. Raises httpcore.WriteError, OutOfPatience."""
        left = memoryview(buffer)
        try:
            while left:
                left = left[self._done(partial(self._socket.send, left), select.POLLOUT) :]
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on in TLS, once the server's certificate was verified. Raises httpcore.ConnectError, OutOfPatience."""
        try:
            self._check_alive()
            secure = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:
            # A name that TLS cannot ask for is a ValueError.
            self.close()
            raise httpcore.ConnectError(error) from error
        wire = Wire(secure, self._patience, self._until)
        self._patience.doing = "agreeing on TLS"
        try:
            wire._done(secure.do_handshake, select.POLLIN, self._until)
        except OSError as error:
            wire.close()
            raise httpcore.ConnectError(error) from error
        except BaseException:
            wire.close()
            raise
        self._patience.doing = AWAITING
        return wire

    def get_extra_info(self, info: str) -> Any:
        """Return nothing: httpcore asks only about connections that it would use again."""
        return None

    def _check_alive(self) -> None:
        """Raise OSError for a connection that was reset. wrap_socket would too, and leave a socket open."""
        if number := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, os.strerror(number))

    def _done(self, action: Callable[[], T], events: int, until: float | None = None) -> T:
        """Do it as soon as the socket lets us. In TLS, reading may have to send first, and the other way round."""
        while True:
            self._patience.check()
            try:
                return action()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            except BlockingIOError:
                wanted = events
            if not self._patience.wait(self._socket.fileno(), wanted, until):
                raise TimeoutError
