"""One look at the last runs of jobs, in a thread of its own."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from redis import RedisError

from scheduler.store.client import connect
from scheduler.store.keys import Keys
from scheduler.store.runs.history import History
from scheduler.store.server import RedisUrl

if TYPE_CHECKING:
    from scheduler.store.runs.row import Row


class LastLook:
    """`answered` is set with the server's first answer, `done` when `found` is all that there is."""

    def __init__(self, url: RedisUrl, prefix: str, jobs: Sequence[str]) -> None:
        self._client = connect(url, retry=None, retry_on_error=[])
        self._keys = Keys(prefix)
        self._jobs = jobs
        self.answered = threading.Event()
        self.done = threading.Event()
        self.found: dict[str, Row] = {}

    def take(self) -> None:
        """Ask the server. One that does not answer leaves `found` empty, which is all that there is to know."""
        try:
            self._client.ping()
            self.answered.set()
            self.found = History(self._client, self._keys).latest(self._jobs)
        except RedisError:
            self.answered.set()
        finally:
            self.done.set()
            self._client.close()
