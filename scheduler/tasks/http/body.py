"""What becomes of the body of an answer: unpacked, searched, masked, bounded, and logged line by line."""

import codecs
from collections.abc import Callable
from typing import Final

from scheduler.jobs.http import ExpectText
from scheduler.tasks.http.media import Media
from scheduler.tasks.http.unpack import Unpacker
from scheduler.tasks.output.line_log import LineLog, Log
from scheduler.tasks.output.watch import Watch
from scheduler.worker.masking import Masker

MOST_BYTES: Final = 64 * 1024
CHANNEL: Final = "body"


class Body:
    """Takes the body as it comes. `size` counts what came once it is unpacked, `cut` what was not logged.

    `is_shown` unless it is no text, or packed in a way that is not known here: of that `kind`.
    """

    def __init__(
        self, media: Media, coding: str, expect: ExpectText, masker: Masker, log: Log, most: int = MOST_BYTES
    ) -> None:
        self.size = 0
        self.first_line = b""
        self._log = log
        self._unpacker = Unpacker(coding)
        self.is_readable = self._unpacker.is_readable
        self.kind = media.name if self.is_readable else coding
        self.is_shown = media.is_text and self.is_readable
        decoder = codecs.getincrementaldecoder(media.charset)("replace") if media.charset else None
        self._decoder = decoder
        self._needle = _Needle(expect.contains) if expect.contains is not None else None
        self._watch = Watch("http.expect_text.matches", expect.matches) if expect.matches is not None else None
        self._masked = masker.stream()
        self._kept = LineLog(self._line, most, (CHANNEL,))

    def __call__(self, data: bytes, check: Callable[[], None]) -> None:
        """Take what came; `check` is called now and then. Raises TaskError for what cannot be read."""
        for piece in self._unpacker.feed(data):
            check()
            self.size += len(piece)
            self._take(self._decoder.decode(piece).encode("utf-8", "replace") if self._decoder else piece)

    def close(self) -> None:
        """Log the rest. Raises TaskError for a body that was cut."""
        if self._decoder:
            self._take(self._decoder.decode(b"", final=True).encode())
        if self._watch:
            self._watch.close()
        self._show(self._masked.close())
        self._kept.close()
        self._unpacker.close()

    @property
    def cut(self) -> int:
        return self._kept.cut

    @property
    def lacks(self) -> str | None:
        """The key of the expectation that it does not meet; None where it meets them all."""
        if self._needle and not (self.is_readable and self._needle.is_found):
            return "contains"
        return "matches" if self._watch and not (self.is_readable and self._watch.found is not None) else None

    def _take(self, data: bytes) -> None:
        if self._needle:
            self._needle.feed(data)
        if self._watch:
            self._watch.feed(data)
        self._show(self._masked.feed(data))

    def _show(self, data: bytes) -> None:
        if self.is_shown:
            self._kept.feed(CHANNEL, data)

    def _line(self, channel: str, line: bytes) -> None:
        if channel == CHANNEL:
            self.first_line = self.first_line or line.strip()
        self._log(channel, line)


class _Needle:
    """A text that is looked for wherever the pieces cut it."""

    def __init__(self, text: str) -> None:
        self.is_found = False
        self._text = text.encode("utf-8", "surrogateescape")
        self._rest = b""

    def feed(self, data: bytes) -> None:
        if not self.is_found:
            self._rest += data
            self.is_found = self._text in self._rest
            self._rest = self._rest[-(len(self._text) - 1) :] if len(self._text) > 1 else b""
