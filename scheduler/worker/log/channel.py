"""One channel of a run's log: any bytes become text, and no secret leaves it."""

import codecs
from collections.abc import Iterator

from scheduler.store.runs.log import CHUNK_BYTES
from scheduler.worker.masking import Masker

_DECODER = codecs.getincrementaldecoder("utf-8")


class Channel:
    """Takes the bytes of one stream as they come, cut anywhere."""

    def __init__(self) -> None:
        self._masked = Masker(()).stream()
        self._decoder = _DECODER("replace")

    def mask(self, masker: Masker) -> Iterator[str]:
        """Mask other secrets from now on; yields what was held back until now."""
        yield from self._decoded(self._masked.close(), final=False)
        self._masked = masker.stream()

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the texts that the data completes, each of at most CHUNK_BYTES."""
        # In pieces: a masked copy of a hundred megabytes would be another hundred.
        for start in range(0, len(data), _PIECE_BYTES):
            yield from self._decoded(self._masked.feed(data[start : start + _PIECE_BYTES]), final=False)

    def close(self) -> Iterator[str]:
        """Yield the rest."""
        yield from self._decoded(self._masked.close(), final=True)

    def _decoded(self, data: bytes, *, final: bool) -> Iterator[str]:
        text = self._decoder.decode(data, final)
        # A character has at most four bytes, one that stands for a bad byte has three.
        for start in range(0, len(text), _CHUNK_CHARACTERS):
            yield text[start : start + _CHUNK_CHARACTERS]


_PIECE_BYTES = 64 * 1024
_CHUNK_CHARACTERS = CHUNK_BYTES // 4
