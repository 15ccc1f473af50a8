"""The part of a worker that takes messages: it outlives a server that refuses."""

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from celery.utils.log import get_logger
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown
from redis.exceptions import ResponseError

from scheduler.store.refusal import REASONS, refusal
from scheduler.worker.channel import guarded

logger = get_logger(__name__)

_SHORTEST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0
# Of a setting that `scheduler.celery` has made up its mind about; Celery says it at each lost connection.
warnings.filterwarnings("ignore", message=r"\s*In Celery 5\.1 we introduced an optional breaking change")


class _OneLine(logging.Filter):
    """Of a timer that fails because Redis refuses everybody, at each of its turns, a line says enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and refusal(record.exc_info[1]):
            record.exc_info = None
        return True


logging.getLogger("kombu.asynchronous.hub").addFilter(_OneLine())


class Consumer(CeleryConsumer):
    """Celery's, for which an answer such as READONLY or BUSY is a lost connection, and not the end of the worker."""

    controller: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not among `connection_errors`: an acknowledgement that is refused has to break the connection, and of those it
        # would be logged and forgotten, and its message count as one in hand for ever.
        self.app.conf.broker_channel_error_retry = True
        self._pause = 0.0
        self._waited_until = float("-inf")

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, now or later. Probes are told meanwhile that the worker waits, and does not hang."""
        ensure = conn.ensure_connection

        def ensure_with_signs(*args: Any, callback: Callable[[], object], **options: Any) -> Any:
            def sign_and_call() -> None:
                self._show_sign()
                callback()

            return ensure(*args, callback=sign_and_call, **options)

        # Its callback is called each second between two attempts.
        conn.ensure_connection = ensure_with_signs
        return super().ensure_connected(guarded(conn))

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Let the connection go, and a server that refuses be for a while."""
        super().on_connection_error_after_connected(exc)
        if isinstance(exc, ResponseError):
            self._wait(exc)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Let a server that refuses what comes with a connection be for a while."""
        if isinstance(exc, ResponseError):
            self._wait(exc)
        else:
            super().on_connection_error_before_connected(exc)

    def _show_sign(self) -> None:
        pulse = getattr(self.controller, "pulse", None)
        if pulse is not None:
            pulse.waits()

    def _wait(self, error: ResponseError) -> None:
        lasts = time.monotonic() - self._waited_until < 2 * _LONGEST_PAUSE_SECONDS
        self._pause = min(_LONGEST_PAUSE_SECONDS, 2 * self._pause) if lasts else _SHORTEST_PAUSE_SECONDS
        word = refusal(error)
        reason = REASONS[word] if word else "it answers with an error"
        logger.error("redis.refuses reason=%r error=%r again_in=%gs", reason, str(error), self._pause)
        for _ in range(round(self._pause)):
            maybe_shutdown()
            self._show_sign()
            time.sleep(1.0)
        self._waited_until = time.monotonic()
