"""A process that reads the file for a beat: the beat asks it, goes on with its passes, and looks for the answer."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from scheduler.beat.reader import Read, Request

# Far above what the largest file takes; a reader that takes longer hangs.
LIMIT_SECONDS = 300.0


class ReadingFailed(Exception):
    """The process ended without an answer that can be read, or was ended because it took too long."""


class Reading:
    """Starts at once, so that what it has to import is there by the time it is asked. It ends with this process."""

    def __init__(self, limit: float = LIMIT_SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._begin = monotonic()
        # A file, not a pipe: nobody waits for the other side, however long the answer is.
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.beat.reader", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=self._answer,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: Request) -> None:
        """Say what to read. Raises ReadingFailed."""
        self._begin = self._monotonic()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            self._process.stdin.close()
        except OSError:
            raise ReadingFailed(self._end()) from None

    def answer(self) -> Read | None:
        """Return what it read, None as long as it has not. Raises ReadingFailed."""
        code = self._process.poll()
        if code is None:
            if self._monotonic() - self._begin > self._limit:
                self.stop()
                raise ReadingFailed(f"it took longer than {self._limit:g} s")
            return None
        self._answer.seek(0)
        said = self._answer.read()
        if code != 0 or not said:
            raise ReadingFailed(self._end())
        try:
            return Read.of(json.loads(said))
        except (ValueError, TypeError, AttributeError) as error:
            # Something else wrote beside it, its disk was full, or it is of the version that was just installed.
            raise ReadingFailed(f"its answer cannot be read: {error}") from None

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            # What was written and not read is of no use any more.
            (self._process.stdin or self._answer).close()
        self._answer.close()

    def _end(self) -> str:
        code = self._process.wait()
        return f"the process that read it was killed by signal {-code}" if code < 0 else f"it ended with code {code}"
