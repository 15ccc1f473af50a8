"""What keeps passes, or a part of them, from being made: said when it begins, now and then, and when it is over."""

import time
from collections.abc import Callable
from typing import NamedTuple

from celery.utils.log import get_logger
from kombu.exceptions import OperationalError
from redis.exceptions import AuthenticationError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from scheduler.store.refusal import REASONS, refusal

logger = get_logger(__name__)

REMIND_SECONDS = 300.0
# A server that is full, or a replica, still answers passes that only read: it takes a few before it is believed.
SETTLED_SECONDS = 3.0

_STRANGER = "it does not know this user and password"


class _Kind(NamedTuple):
    event: str
    state: str
    # What tells one trouble from another: how a server words it may differ at each pass.
    key: str
    over: str = "redis.back"
    reason: str = ""


class Trouble:
    """Of one beat, or of one `part` of its passes. `state` is what others are told of it, empty where all is well."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, part: str = "") -> None:
        self._monotonic = monotonic
        self._part = part
        self._kind: _Kind | None = None
        self._since = 0.0
        self._said = 0.0
        self._well_since: float | None = None

    @property
    def state(self) -> str:
        """Return a word or two for a heartbeat."""
        return self._kind.state if self._kind else ""

    def met(self, error: Exception) -> None:
        """Note that a pass ended with the error."""
        kind, now = _kind(error), self._monotonic()
        if self._kind is None:
            self._since = now
        self._well_since = None
        if self._kind is None or kind.key != self._kind.key or now - self._said >= REMIND_SECONDS:
            self._say(kind, error, round(now - self._since))
        self._kind = kind

    def passed(self) -> None:
        """Note that a pass was made."""
        if self._kind is None:
            return
        now = self._monotonic()
        self._well_since = now if self._well_since is None else self._well_since
        if self._kind.key == "away" or now - self._well_since >= SETTLED_SECONDS:
            logger.warning("%s seconds=%d", self._named(self._kind.over), round(self._well_since - self._since))
            self._kind = None

    def _say(self, kind: _Kind, error: Exception, seconds: int) -> None:
        self._said = self._monotonic()
        lasting = f" seconds={seconds}" if seconds else ""
        reason = f" reason={kind.reason!r}" if kind.reason else ""
        logger.error("%s%s%s error=%r", self._named(kind.event), lasting, reason, str(error))

    def _named(self, event: str) -> str:
        return f"{event.replace('pass', 'part', 1)} part={self._part}" if self._part else event


def _kind(error: Exception) -> _Kind:
    answer = error if isinstance(error, ResponseError) else error.__cause__
    word = refusal(error) or refusal(answer)
    if word is not None:
        return _Kind("redis.refuses", "redis refuses", word, reason=REASONS[word])
    if isinstance(error, AuthenticationError) or isinstance(error.__cause__, AuthenticationError):
        return _Kind("redis.refuses", "redis refuses", "stranger", reason=_STRANGER)
    is_away = isinstance(error, RedisConnectionError | RedisTimeoutError | OperationalError | OSError)
    if is_away and not isinstance(answer, ResponseError):
        return _Kind("redis.away", "redis away", "away")
    return _Kind("pass.failed", "failing", str(error), over="pass.succeeded")
