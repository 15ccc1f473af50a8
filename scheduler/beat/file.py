"""The file of jobs, kept installed: read when it is saved, reported when it is wrong, offered when this beat leads."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from celery.utils.log import get_logger

from scheduler.beat.reader import Read, Request, is_quick, read
from scheduler.beat.reading import Reading, ReadingFailed
from scheduler.beat.watch import FileWatch, Signature
from scheduler.clock import Clock
from scheduler.settings import Settings
from scheduler.store.client import Client
from scheduler.store.file_record import MICROSECONDS
from scheduler.store.file_state import FileState
from scheduler.store.keys import Keys
from scheduler.store.staging import Answer, Staging

logger = get_logger(__name__)

# How soon something that is under way (a change that settles, a process that reads) is looked at again.
SOON_SECONDS = 0.05
_LONGEST_PAUSE = 60.0
# The leader says which key is of a wrong type, and it takes a person to mend it.
_SPOILT_SECONDS = 2.0
_TOLD = 5
_NEWER = "a later version installed the file in force, and this one would undo what it cannot read"


class JobsFile:
    """This beat's own file. An invalid one is reported once, and what was in force before stays.

    `redis_clock` gives the stamps, `clock` decides when new jobs begin; `url` is the server for a process that reads.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        keys: Keys,
        clock: Clock,
        redis_clock: Clock,
        by: str,
        url: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._redis_clock = redis_clock
        self._monotonic = monotonic
        self._staging = Staging(client, keys)
        self._watch = FileWatch(settings.file, monotonic=monotonic)
        self._plain = Request(
            path=str(settings.file),
            max_bytes=settings.max_file_bytes,
            longest_timeout_seconds=settings.visibility_timeout.total_seconds(),
            prefix=keys.prefix,
            by=by,
            token="",
            stamp=0,
            url=url,
            clock=settings.clock,
        )
        self.state = FileState(str(settings.file))
        self._stamp = 0
        self._stamped: Signature = ()
        self._reading: Reading | None = None
        self._is_asked = False
        self._is_to_be_offered = False
        self._pause = 0.0
        self._not_before = float("-inf")

    def lead(self) -> None:
        """Offer the file at the next look: this beat has just become the leader."""
        self._is_to_be_offered = True

    def look(self, token: str = "") -> None:
        """Notice a saved file and read it; with the token of the leader, offer it. Raises redis.RedisError."""
        if self._is_asked:
            self._collect()
            return
        changed = self._watch.changed()
        self._note_stamp()
        self._keep_ready()
        if self._monotonic() < self._not_before:
            return
        if changed or (token and self._is_to_be_offered and self._has_to_be_offered()):
            self._read(token)

    @property
    def is_busy(self) -> bool:
        """Whether something is under way that wants to be looked at soon."""
        return self._is_asked or (self._watch.is_settling and self._monotonic() >= self._not_before)

    def close(self) -> None:
        """End the process that reads, if there is one."""
        if self._reading is not None:
            self._reading.stop()
            self._reading, self._is_asked = None, False

    def _note_stamp(self) -> None:
        """A file is stamped when it is first seen: for the first one, that is when this process started."""
        if self._watch.seen != self._stamped:
            self._stamped = self._watch.seen
            self._stamp = _microseconds(self._redis_clock.now())

    def _keep_ready(self) -> None:
        """Have a process for a large file that was just saved, by the time that it has settled."""
        if not self._watch.is_settling:
            self.close()
        elif self._reading is None and not is_quick(self._settings.file):
            self._reading = Reading()

    def _has_to_be_offered(self) -> bool:
        state = self.state
        if not state.content:
            self._is_to_be_offered = False
            return False
        refusal = self._staging.refusal(state.stamp, state.content)
        if refusal is not None:
            self._note_answer(refusal)
        return refusal is None

    def _read(self, token: str) -> None:
        request = replace(
            self._plain,
            token=token,
            stamp=self._stamp,
            known_content=self.state.content,
            known_stamp=self.state.stamp,
            files=tuple(map(str, self._watch.paths[1:])),
            signature=self._watch.seen,
        )
        if is_quick(self._settings.file):
            self._finish(read(request, self._client, self._clock))
            return
        self._reading = self._reading or Reading()
        self._is_asked = True
        try:
            self._reading.ask(request)
        except ReadingFailed as error:
            self._fail(str(error))

    def _collect(self) -> None:
        assert self._reading is not None
        try:
            found = self._reading.answer()
        except ReadingFailed as error:
            self._fail(str(error))
            return
        if found is not None:
            self.close()
            self._finish(found)

    def _fail(self, reason: str) -> None:
        """Try again after a while, and then after a longer one: what ended it may end it each time."""
        self.close()
        self._pause = min(_LONGEST_PAUSE, max(1.0, 2 * self._pause))
        self._not_before = self._monotonic() + self._pause
        logger.error("file.unread file=%s reason=%r", self._settings.file, reason)
        self._refuse((reason,), 1)

    def _finish(self, found: Read) -> None:
        if found.has_moved:
            return
        self._pause = 0.0
        self._watch.also([Path(path) for path in found.files], found.signature)
        self._watch.taken()
        if found.problems:
            for problem in found.problems:
                logger.error("file.problem %s", problem)
            logger.error("file.refused file=%s problems=%d", self._settings.file, found.problem_count)
            self._refuse(found.problems, found.problem_count)
            return
        if found.content != self.state.content:
            for warning in found.warnings:
                logger.warning("file.warning %s", warning)
            logger.info("file.loaded file=%s jobs=%d", self._settings.file, found.jobs)
        self.state = FileState(self.state.path, found.stamp, found.content, found.jobs)
        if found.answer:
            self._note_answer(Answer(found.answer))

    def _refuse(self, problems: tuple[str, ...], count: int) -> None:
        since = self.state.refused_since or self._redis_clock.now().timestamp()
        self.state = replace(self.state, problems=problems[:_TOLD], problem_count=count, refused_since=since)

    def _note_answer(self, answer: Answer) -> None:
        self._is_to_be_offered = answer in (Answer.BUSY, Answer.NOT_LEADING, Answer.SPOILT)
        if self._is_to_be_offered:
            self._not_before = self._monotonic() + (_SPOILT_SECONDS if answer is Answer.SPOILT else SOON_SECONDS)
        elif answer is Answer.OLDER:
            logger.warning("file.older file=%s reason=%r", self._settings.file, "the file in force has a later stamp")
        elif answer is Answer.NEWER:
            logger.warning("file.newer file=%s reason=%r", self._settings.file, _NEWER)


def _microseconds(now: datetime) -> int:
    return round(now.timestamp() * MICROSECONDS)
