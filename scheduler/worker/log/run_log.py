"""What one attempt says, until it is in Redis."""

import threading
import time
from collections import deque

from redis.exceptions import RedisError

from scheduler.store.client import Client
from scheduler.store.keys import Keys
from scheduler.store.runs.log import CHUNK_BYTES, KEPT_BYTES, Chunk, LogWriter
from scheduler.worker.log.channel import Channel
from scheduler.worker.masking import Masker


class RunLog:
    """The log of one attempt, for any number of threads. What comes faster than it can be kept loses its middle.

    Nothing is sent before `flush`, so that a body never waits for Redis because it prints.
    """

    def __init__(self, client: Client, keys: Keys, run_id: str, attempt: int) -> None:
        self._client = client
        self._writer = LogWriter(client, keys, run_id, attempt)
        self._lock = threading.RLock()
        # One flush at a time, while others go on writing.
        self._sending = threading.Lock()
        self._channels: dict[str, Channel] = {}
        self._masker = Masker(())
        self._first_left = KEPT_BYTES if attempt == 1 else 0
        self._first: list[Chunk] = []
        self._last: deque[Chunk] = deque()
        self._last_bytes = 0
        self._let_go = 0

    def mask(self, masker: Masker) -> None:
        """Mask these secrets in whatever comes from now on."""
        with self._lock:
            self._masker = masker
            for name, channel in self._channels.items():
                for text in channel.mask(masker):
                    self._add(name, text)

    def write(self, channel: str, data: bytes) -> None:
        """Take what the run says: on `stdout` or `stderr`, or through a logger (`log`)."""
        with self._lock:
            for text in self._channel(channel).feed(data):
                self._add(channel, text)

    def flush(self) -> None:
        """Send what there is. Raises redis.RedisError where nothing was sent; what a full Redis refuses is let go."""
        with self._sending:
            if not self._first and not self._last:
                return
            self._client.ping()
            with self._lock:
                chunks = [*self._first, *self._last]
                self._writer.cut += self._let_go
                self._first, self._last, self._last_bytes, self._let_go = [], deque(), 0, 0
            try:
                self._writer.write(chunks)
            except RedisError:
                self._writer.cut += sum(_size(chunk.text) for chunk in chunks)

    def close(self) -> None:
        """Take the rest of each channel; to be flushed."""
        with self._lock:
            for name, channel in self._channels.items():
                for text in channel.close():
                    self._add(name, text)

    def _channel(self, name: str) -> Channel:
        found = self._channels.get(name)
        if found is None:
            found = self._channels[name] = Channel()
            list(found.mask(self._masker))
        return found

    def _add(self, channel: str, text: str) -> None:
        size = _size(text)
        if self._first_left >= size and not self._last:
            self._first_left -= size
            _append(self._first, Chunk(time.time(), channel, text))
            return
        self._first_left = 0
        _append(self._last, Chunk(time.time(), channel, text))
        self._last_bytes += size
        while self._last_bytes > KEPT_BYTES:
            gone = _size(self._last.popleft().text)
            self._last_bytes -= gone
            self._let_go += gone


def _append(chunks: list[Chunk] | deque[Chunk], chunk: Chunk) -> None:
    # What print() writes in two parts is one.
    if chunks and chunks[-1].channel == chunk.channel and _size(chunks[-1].text) + _size(chunk.text) <= CHUNK_BYTES:
        last = chunks.pop()
        chunk = Chunk(last.at, last.channel, last.text + chunk.text)
    chunks.append(chunk)


def _size(text: str) -> int:
    return len(text.encode())
