"""A body as it was before the server packed it, in pieces that are small however much is in them."""

import zlib
from collections.abc import Iterator

from scheduler.tasks.errors import TaskError

# A megabyte of zeros becomes a thousand times as much.
MOST_BYTES = 256 * 2**20

_PIECE_BYTES = 64 * 1024
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"


class Unpacker:
    """Takes the bytes of one body as they come. `is_readable` unless the coding is one that is not known here."""

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower().removeprefix("x-")
        self.is_readable = self._coding in ("", "identity", "gzip", "deflate")
        self._is_packed = self._coding in ("gzip", "deflate")
        self._inflater: zlib._Decompress | None = None
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data holds. Raises TaskError for what cannot be unpacked, or is too much."""
        if not self._is_packed:
            yield data
            return
        while data:
            inflater = self._inflater or self._begun(data)
            try:
                piece = inflater.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise TaskError(f"http: the body is said to be {self._coding}, and is not ({error})") from None
            data = inflater.unconsumed_tail
            if inflater.eof:
                # Another member may follow; anything else is padding.
                data = inflater.unused_data if inflater.unused_data.startswith(_MAGIC) else b""
                self._inflater = None
            self._size += len(piece)
            if self._size > MOST_BYTES:
                raise TaskError(f"http: the body is more than {MOST_BYTES // 2**20} MiB once it is unpacked")
            if piece:
                yield piece

    def close(self) -> None:
        """Raise TaskError if the body ended too early."""
        if self._inflater is not None:
            raise TaskError(f"http: the body ends in the midst of its {self._coding} data")

    def _begun(self, data: bytes) -> "zlib._Decompress":
        # Some servers leave out the header that "deflate" should have.
        deflate = _ZLIB if data[0] & 0x0F == zlib.DEFLATED else _RAW
        self._inflater = zlib.decompressobj(_GZIP if self._coding == "gzip" else deflate)
        return self._inflater
