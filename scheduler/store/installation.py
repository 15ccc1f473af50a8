"""The leader's side of installing: what is pending is carried out between two passes, and never for long."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.store.carrying import Carried, Carrying, State
from scheduler.store.client import Client
from scheduler.store.edits import Edits
from scheduler.store.file_record import FileRecord, read_file_record
from scheduler.store.keys import Keys

# What is due is looked for again after so long; where something will be sooner, the leader takes a shorter turn.
TURN_SECONDS = 0.04


@dataclass(slots=True)
class Progress:
    """What one turn came to. `is_over`: there is nothing to do now. `finished` is the file that came in force in it."""

    is_over: bool = True
    leading: bool = True
    is_newer: bool = False
    finished: FileRecord | None = None
    taken: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


class Installation:
    """Carries out, under the leader's token, what was staged."""

    def __init__(self, client: Client, keys: Keys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._keys = keys
        self._carrying = Carrying(client, keys)
        self._edits = Edits(client, keys)
        self._monotonic = monotonic

    def advance(self, token: str, now: datetime, passed: datetime | None, seconds: float = TURN_SECONDS) -> Progress:
        """Carry out what there is, for about `seconds`; new schedules begin `now`. Raises redis.RedisError.

        `passed` is the time of the last pass in which everything that was due had its turn; None without a beat.
        """
        until = self._monotonic() + seconds
        progress = Progress()
        while True:
            carried = self._carrying.slice(token, now)
            self._note(progress, carried)
            happened = 0
            if carried.edits and progress.leading:
                happened, damaged = self._edits.settle(token, now, passed)
                progress.damaged += damaged
            progress.is_over = carried.state is not State.MORE and not happened
            if progress.is_over or self._monotonic() >= until:
                return progress

    def _note(self, progress: Progress, carried: Carried) -> None:
        progress.taken += carried.taken
        progress.moved += carried.moved
        progress.leading = carried.state is not State.NOT_LEADING
        progress.is_newer = carried.state is State.NEWER
        if carried.state is State.DONE:
            progress.finished = read_file_record(self._client, self._keys)
