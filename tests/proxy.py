"""What stands between clients and a server, and can go wrong: a forwarder between two unix sockets."""

import contextlib
import socket
import threading
import time
from pathlib import Path
from typing import Protocol, Self

_CHUNK = 65_536


class Cut(Exception):
    """The connection is to break here."""


class Link:
    """One connection of a client and the one to the server behind it. `struck`: a fault has picked this connection."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.struck = False
        # The last bytes that the client sent, so that what is looked for may lie in two of its pieces.
        self.tail = b""

    def close(self) -> None:
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Fault(Protocol):
    """What becomes of the bytes of a link. Raises Cut where it is to break, after what was returned before."""

    def request(self, data: bytes, link: Link) -> bytes:
        """Return what the server is to be given of what the client sent."""

    def answer(self, data: bytes, link: Link) -> bytes:
        """Return what the client is to be given of what the server sent."""


class Passing:
    """Nothing goes wrong."""

    def request(self, data: bytes, link: Link) -> bytes:
        return data

    def answer(self, data: bytes, link: Link) -> bytes:
        return data


class Swallowing:
    """Requests never arrive, and connections stay open."""

    def request(self, data: bytes, link: Link) -> bytes:
        return b""

    def answer(self, data: bytes, link: Link) -> bytes:
        return b""


class Delaying(Passing):
    """Every answer is late by so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, data: bytes, link: Link) -> bytes:
        time.sleep(self._seconds)
        return data


class LosingAnswers(Passing):
    """The server carries out what holds the text, and its answer never comes: up to so many times.

    A connection on which that happened is dead from then on; with `after`, it breaks after so many bytes of the answer.
    """

    def __init__(self, text: bytes, times: int = 1, after: int | None = None) -> None:
        self._text = text
        self._times = times
        self._after = after
        self.lost = 0

    def request(self, data: bytes, link: Link) -> bytes:
        seen = link.tail + data
        if not link.struck and self.lost < self._times and self._text in seen:
            link.struck = True
            self.lost += 1
        link.tail = seen[-len(self._text) :]
        return data

    def answer(self, data: bytes, link: Link) -> bytes:
        if not link.struck:
            return data
        if self._after is None:
            return b""
        with contextlib.suppress(OSError):
            link.client.sendall(data[: self._after])
        raise Cut


class CuttingRequests(Passing):
    """A request that holds the text is cut off in the midst, up to so many times."""

    def __init__(self, text: bytes, times: int = 1) -> None:
        self._text = text
        self._times = times

    def request(self, data: bytes, link: Link) -> bytes:
        if self._times > 0 and self._text in data:
            self._times -= 1
            with contextlib.suppress(OSError):
                link.server.sendall(data[: len(data) // 2])
            raise Cut
        return data


class Proxy:
    """Listens on `address` and forwards to `target`, which may be moved; `fault` holds for all links at once."""

    def __init__(self, address: Path, target: Path) -> None:
        self.address = address
        self.target = target
        self.fault: Fault = Passing()
        self._links: set[Link] = set()
        self._turn = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(address))
        self._listener.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()

    def cut_all(self) -> int:
        """Break every connection, and return how many there were."""
        with self._turn:
            links = list(self._links)
        for link in links:
            self._drop(link)
        return len(links)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                server.connect(str(self.target))
            except OSError:
                # As from a host on which nothing listens.
                client.close()
                server.close()
                continue
            link = Link(client, server)
            with self._turn:
                self._links.add(link)
            for pump in (self._requests, self._answers):
                threading.Thread(target=pump, args=(link,), daemon=True).start()

    def _requests(self, link: Link) -> None:
        with contextlib.suppress(OSError, Cut):
            while data := link.client.recv(_CHUNK):
                if left := self.fault.request(data, link):
                    link.server.sendall(left)
        self._drop(link)

    def _answers(self, link: Link) -> None:
        with contextlib.suppress(OSError, Cut):
            while data := link.server.recv(_CHUNK):
                if left := self.fault.answer(data, link):
                    link.client.sendall(left)
        self._drop(link)

    def _drop(self, link: Link) -> None:
        with self._turn:
            self._links.discard(link)
        link.close()
