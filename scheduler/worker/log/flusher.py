"""One thread of a process that sends what its runs have said, twice a second."""

import os
import threading

from redis.exceptions import RedisError

from scheduler.worker.attempt import attempts_in_hand

EVERY_SECONDS = 0.5


class Flusher:
    """Started with the first run of a process."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: threads do not survive a fork."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run it, unless it runs."""
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._flush, name="run logs", daemon=True)
                    self._thread.start()

    def _flush(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_SECONDS):
            for attempt in attempts_in_hand():
                try:
                    attempt.flush()
                except RedisError:
                    # It is kept, as far as it is bounded, until Redis is there again.
                    break


_OF_PROCESS = Flusher()
os.register_at_fork(after_in_child=_OF_PROCESS.forget)

start = _OF_PROCESS.start
