"""`fail_when:` looks for patterns in each line of a command's output, as it comes."""

from collections.abc import Iterator

import regex

from scheduler.jobs.command import FailWhen
from scheduler.tasks.command.lines import Lines
from scheduler.tasks.errors import TaskError

# A pattern that goes through a line in too many ways must not keep the worker's other runs waiting.
_PATIENCE_SECONDS = 1.0


class Watch:
    """One pattern, and the lines of one stream until the first that matches."""

    def __init__(self, channel: str, pattern: str) -> None:
        self.found: bytes | None = None
        self._is_over = False
        self._channel = channel
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
                key, pattern = f"command.fail_when.{self._channel}", self._pattern.pattern.decode()
                raise TaskError(f'{key}: "{pattern}" takes too long on a line, expected a simpler pattern') from None
            if match:
                self.found = text
                self._is_over = True
                return


def watches(fail_when: FailWhen) -> dict[str, Watch]:
    """Return what to look for in each stream."""
    patterns = {"stdout": fail_when.stdout, "stderr": fail_when.stderr}
    return {channel: Watch(channel, pattern) for channel, pattern in patterns.items() if pattern is not None}
