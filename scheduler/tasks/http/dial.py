"""How httpcore connects: to each address of a host in turn, for no longer than the patience."""

import errno
import os
import select
import socket
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from scheduler.tasks.http.names import Address, addresses
from scheduler.tasks.http.patience import Patience
from scheduler.tasks.http.wire import AWAITING, Wire


class Dial(httpcore.NetworkBackend):
    """Connects within `seconds`, name and TLS included, which begin with each connection."""

    def __init__(self, patience: Patience, seconds: float) -> None:
        self._patience = patience
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connection. Raises httpcore.ConnectError with the OSError of the last address, OutOfPatience."""
        until = time.monotonic() + self._seconds
        self._patience.doing = "looking up the host"
        last: OSError = socket.gaierror(socket.EAI_NONAME, "it has no address")
        try:
            places = addresses(host, port, self._patience, until)
        except OSError as error:
            raise httpcore.ConnectError(error) from error
        self._patience.doing = "connecting"
        for index, place in enumerate(places):
            # An address that does not answer leaves the others their share of the time.
            now = time.monotonic()
            try:
                sock = self._connected(place, now + (until - now) / (len(places) - index))
            except OSError as error:
                last = error
            else:
                self._patience.doing = AWAITING
                return Wire(sock, self._patience, until)
        raise httpcore.ConnectError(last) from last

    def _connected(self, address: Address, until: float) -> socket.socket:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = sock.connect_ex(address.place)
            if code == errno.EINPROGRESS:
                if not self._patience.wait(sock.fileno(), select.POLLOUT, until):
                    raise TimeoutError
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, os.strerror(code))
        except BaseException:
            sock.close()
            raise
        return sock
