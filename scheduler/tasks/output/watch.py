"""A pattern that is looked for in each line of an output, as it comes."""

from collections.abc import Iterator

import regex

from scheduler.tasks.errors import TaskError
from scheduler.tasks.output.lines import Lines

# A pattern that goes through a line in too many ways must not keep the worker's other runs waiting.
_PATIENCE_SECONDS = 1.0


class Watch:
    """One pattern, and the lines of one stream until the first that matches. `key` is where the file has it."""

    def __init__(self, key: str, pattern: str) -> None:
        self.found: bytes | None = None
        self._is_over = False
        self._key = key
        self._pattern = regex.compile(pattern.encode())
        self._lines = Lines()

    def feed(self, data: bytes) -> None:
        """Look at the lines that the data completes. Raises TaskError for a pattern that takes too long."""
        if not self._is_over:
            self._look(self._lines.feed(data))

    def close(self) -> None:
        """Look at the last line, if it had no end."""
        if not self._is_over:
            self._look(self._lines.close())

    def _look(self, lines: Iterator[bytes]) -> None:
        for line in lines:
            # Without the end, so that "$" means what it says.
            text = line.removesuffix(b"\n")
            try:
                match = self._pattern.search(text, timeout=_PATIENCE_SECONDS)
            except TimeoutError:
                self._is_over = True
                pattern = self._pattern.pattern.decode()
                what = f'{self._key}: "{pattern}" takes too long on a line, expected a simpler pattern'
                raise TaskError(what) from None
            if match:
                self.found = text
                self._is_over = True
                return
