"""Messages between worker and keeper: JSON after its length, with open descriptors beside it.

Both ends are one program on one host, so that the form can change with every release.
"""

import errno
import json
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

# The length of the JSON, and how many descriptors come with it.
_HEADER = struct.Struct("!IB")
_AT_ONCE = 65_536
_MOST_DESCRIPTORS = 4


def send(connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send all of it; the descriptors remain the caller's, to be closed. Raises OSError."""
    # ASCII also for what is no Unicode: JSON escapes the halves by which Python writes the bytes of a file name.
    body = json.dumps(message).encode("ascii")
    data = _HEADER.pack(len(body), len(descriptors)) + body
    sent = socket.send_fds(connection, [data], descriptors) if descriptors else 0
    connection.sendall(data[sent:])


class Inbox:
    """Puts the messages of a stream together again."""

    def __init__(self, connection: socket.socket) -> None:
        # Not by a flag of each call: Python's recv_fds() does not pass it on.
        connection.setblocking(False)
        self._connection = connection
        self._data = bytearray()
        self._descriptors: deque[int] = deque()

    def receive(self) -> list[tuple[dict[str, Any], tuple[int, ...]]] | None:
        """Return the messages that the data completes that is there; None at the end of the stream.

        Raises BlockingIOError where none is there, and OSError where this process has no room for the descriptors.
        """
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._connection, _AT_ONCE, _MOST_DESCRIPTORS)
        except ConnectionError:
            return None
        if flags & socket.MSG_CTRUNC:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._descriptors += descriptors
        self._data += data
        return list(self._messages()) if data else None

    def _messages(self) -> Iterator[tuple[dict[str, Any], tuple[int, ...]]]:
        while len(self._data) >= _HEADER.size:
            length, count = _HEADER.unpack_from(self._data)
            end = _HEADER.size + length
            if len(self._data) < end:
                return
            message = json.loads(self._data[_HEADER.size : end])
            del self._data[:end]
            yield message, tuple(self._descriptors.popleft() for _ in range(count))
