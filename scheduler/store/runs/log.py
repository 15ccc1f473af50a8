"""The log of a run: its beginning and its end, each a bounded stream, and how much between them was let go."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND, instant
from scheduler.store.keys import Keys

# Of each end; together the megabyte that a run may keep.
KEPT_BYTES = 512 * 1024
CHUNK_BYTES = 4 * 1024
_KEEP_SECONDS = 90 * 86_400
_READ_AT_ONCE = 500


class Chunk(NamedTuple):
    """Some output: `channel` is `stdout`, `stderr` or `log`, `at` seconds since the epoch."""

    at: float
    channel: str
    text: str


class LogWriter:
    """Writes the log of one attempt. Not to be shared between threads.

    The first attempt begins the log. A later one writes to its end alone, so that what was said first stays.
    """

    def __init__(self, client: Client, keys: Keys, run_id: str, attempt: int = 1, kept: int = KEPT_BYTES) -> None:
        self._client = client
        self._keys = keys
        self._run_id = run_id
        self._kept = kept
        self._head = 0 if attempt == 1 else kept
        self._tail: deque[tuple[str, int]] = deque()
        self._tail_bytes = 0
        self._id = (0, 0)
        self.cut = 0

    def write(self, chunks: Sequence[Chunk]) -> None:
        """Add chunks, each of at most CHUNK_BYTES. Raises redis.RedisError."""
        pipe = self._client.pipeline(transaction=False)
        before = self._head + self._tail_bytes
        for chunk in chunks:
            self._add(pipe, chunk, len(chunk.text.encode()))
        grown = self._head + self._tail_bytes - before
        pipe.hincrby(self._keys.run(self._run_id), "log", grown)
        if self.cut:
            pipe.hset(self._keys.run(self._run_id), "log_cut", self.cut)
        pipe.incrby(self._keys.log_bytes, grown)
        pipe.zadd(self._keys.logs, {self._run_id: time.time()}, nx=True)
        pipe.execute()

    def _add(self, pipe: Any, chunk: Chunk, size: int) -> None:
        fields = {"c": chunk.channel, "t": chunk.text}
        if self._head + size <= self._kept and not self._tail:
            self._append(pipe, self._keys.log(self._run_id), fields, chunk.at)
            self._head += size
            return
        key = self._keys.log_tail(self._run_id)
        self._tail.append((self._append(pipe, key, fields, chunk.at), size))
        self._tail_bytes += size
        if self._tail_bytes > self._kept:
            while self._tail_bytes > self._kept:
                gone = self._tail.popleft()[1]
                self._tail_bytes -= gone
                self.cut += gone
            pipe.xtrim(key, minid=self._tail[0][0], approximate=False)

    def _append(self, pipe: Any, key: str, fields: dict[str, str], at: float) -> str:
        # Redis takes only ids that grow; two chunks of one millisecond, or a clock that goes back, must not be refused.
        self._id = max((int(at * 1000), 0), (self._id[0], self._id[1] + 1))
        name = f"{self._id[0]}-{self._id[1]}"
        pipe.xadd(key, fields, id=name)
        pipe.expire(key, _KEEP_SECONDS)
        return name


class LogReader:
    """Reads the log of a run from its beginning, and further as it grows. Each method raises redis.RedisError."""

    def __init__(self, client: Client, keys: Keys, run_id: str) -> None:
        self._client = client
        self._row, self._head, self._tail = keys.run(run_id), keys.log(run_id), keys.log_tail(run_id)
        self._seen = {self._head: "0-0", self._tail: "0-0"}

    def read(self) -> Iterator[Chunk]:
        """Yield what came since the last call."""
        yield from self.beginning()
        yield from self.end()

    def beginning(self) -> Iterator[Chunk]:
        """Yield what came since the last call of the part that is kept whole."""
        return self._read(self._head)

    def end(self) -> Iterator[Chunk]:
        """Yield what came since the last call of the rest, of which only the end is kept."""
        return self._read(self._tail)

    def cut(self) -> int:
        """Return how many bytes between the two parts were let go."""
        return int(self._client.hget(self._row, "log_cut") or 0)

    def is_gone(self) -> bool:
        """Ask whether there was a log that was let go, to make room for later ones."""
        return bool(self._client.hexists(self._row, "log_gone"))

    def _read(self, key: str) -> Iterator[Chunk]:
        while found := self._client.xread({key: self._seen[key]}, count=_READ_AT_ONCE):
            for name, fields in _entries(found):
                self._seen[key] = name
                yield Chunk(int(name.partition("-")[0]) / 1000, fields["c"], fields["t"])


def _entries(answer: Any) -> list[tuple[str, dict[str, str]]]:
    # RESP2 answers with pairs, RESP3 with a mapping.
    ((_, found),) = answer.items() if isinstance(answer, dict) else answer
    return found[0] if found and isinstance(found[0], list) and isinstance(found[0][0], tuple | list) else found


def chunk_instant(chunk: Chunk) -> datetime:
    """Return when it was written, as an aware UTC datetime."""
    # Anybody may add to a stream, with any number.
    return instant(min(chunk.at, BEYOND))
