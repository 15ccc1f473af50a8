"""A file put in force by hand: laid down here, carried out by the beat that leads, or here too if none is alive."""

import getpass
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduler.errors import SchedulerError
from scheduler.jobs import ScheduleFile
from scheduler.settings import Settings
from scheduler.store.client import Client
from scheduler.store.clock import RedisClock, make_clock
from scheduler.store.difference import Difference, compare
from scheduler.store.file_record import read_file_record
from scheduler.store.installation import Installation
from scheduler.store.keys import Keys
from scheduler.store.lease import Lease
from scheduler.store.presence import read_presences
from scheduler.store.staging import Answer, Offer, Staged, Staging

WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Applied:
    """What a file changed. `taken` names belong to entries of applications; `waiting` edits wait for what is due."""

    difference: Difference
    taken: tuple[str, ...] = ()
    waiting: int = 0


class Application:
    """One call of `scheduler apply`."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._client = client
        self._keys = Keys(settings.key_prefix)
        self._redis_clock = RedisClock(client)
        self._clock = make_clock(settings.clock, client) if settings.clock else self._redis_clock
        self._staging = Staging(client, self._keys)
        self._installation = Installation(client, self._keys)
        self._lease = Lease(client, self._keys.lock)

    def preview(self, file: ScheduleFile) -> Difference:
        """Return what the file would change. Raises redis.RedisError."""
        return compare(file.jobs.values(), self._staging.installed(), self._clock.now())

    def apply(self, file: ScheduleFile, path: Path) -> Applied:
        """Put the file in force. Raises SchedulerError where that takes too long, and redis.RedisError."""
        until = time.monotonic() + WAIT_SECONDS
        offer = Offer(str(path.absolute()), f"{getpass.getuser()}@{socket.gethostname()}")
        try:
            staged = self._stage(file, offer, until)
            return self._wait(staged, until)
        finally:
            self._lease.release()

    def _stage(self, file: ScheduleFile, offer: Offer, until: float) -> Staged:
        while True:
            staged = self._staging.stage(file, offer, self._clock.now())
            if staged.answer is Answer.STAGED:
                return staged
            if staged.answer is Answer.SPOILT:
                raise SchedulerError("the file is not installed: a key is of a wrong type; `scheduler status` names it")
            # Another file is being installed, or came first.
            self._turn(until)

    def _wait(self, staged: Staged, until: float) -> Applied:
        while True:
            record = read_file_record(self._client, self._keys)
            if record is not None and record.identity == staged.identity:
                return Applied(staged.difference, record.taken, int(self._client.scard(self._keys.edits)))
            if not self._client.exists(self._keys.staged(staged.identity), self._keys.pending):
                # A later file followed it at once.
                return Applied(staged.difference)
            self._turn(until)

    def _turn(self, until: float) -> None:
        """Carry out what is pending if nobody else does, and wait a moment if somebody does."""
        if time.monotonic() > until:
            raise SchedulerError(
                "the beat that leads has not installed the file yet; it will as soon as it turns, "
                "and `scheduler status` says what is in force"
            )
        now = self._redis_clock.now()
        if self._is_led(now) or not self._lease.hold():
            time.sleep(_LOOK_SECONDS)
            return
        if self._installation.advance(self._lease.token, self._clock.now(), passed=None).is_over:
            time.sleep(_LOOK_SECONDS)

    def _is_led(self, now: datetime) -> bool:
        # A beat that starts meanwhile is let in at once.
        led = bool(read_presences(self._client, self._keys.beats, now))
        if led:
            self._lease.release()
        return led
