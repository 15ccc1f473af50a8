"""Messages of a later version than this one: back on their queue they go, for a worker that understands them."""

from collections.abc import Callable
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler.jobs import message
from scheduler.settings import Settings
from scheduler.store.clock import RedisClock
from scheduler.store.keys import Keys
from scheduler.store.runs.put_back import PutBack
from scheduler.worker.delivery import HELD_SECONDS
from scheduler.worker.loop_client import loop_client

logger = get_logger(__name__)


class LaterMessages(bootsteps.StartStopStep):
    """A step of the consumer: it sees a message before Celery looks for the task, which this version may not have."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        super().__init__(parent, **kwargs)
        settings = Settings.read(parent.app.conf)
        client = loop_client(settings)
        self._put_back = PutBack(client, Keys(settings.key_prefix))
        self._clock = RedisClock(client)
        self._told: set[int] = set()
        create = parent.create_task_handler
        parent.create_task_handler = lambda *args, **named: self._before(parent, create(*args, **named))

    def _before(self, parent: Any, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def on_message(received: Any) -> None:
            version = version_of(received.headers)
            if version <= message.CURRENT_VERSION:
                handle(received)
                return
            self._tell(version, received.headers)
            parent.timer.call_after(HELD_SECONDS, self._leave, (received, parent.connection_errors))

        return on_message

    def _tell(self, version: int, headers: dict[str, Any]) -> None:
        if version in self._told:
            return
        self._told.add(version)
        logger.warning(
            "message.newer version=%d known=%d task=%s run=%s reason=%r",
            version,
            message.CURRENT_VERSION,
            headers.get("task"),
            headers.get(message.RUN_ID),
            "such messages are put back on their queue, for a worker of a later version",
        )

    def _leave(self, received: Any, connection_errors: tuple[type[Exception], ...]) -> None:
        received.reject_log_error(logger, connection_errors, requeue=True)
        run_id = received.headers.get(message.RUN_ID)
        try:
            self._clock.sync()
            self._put_back(str(run_id), self._clock.now())
        except RedisError as error:
            logger.debug("message.unnoted run=%s error=%r", run_id, str(error))


def version_of(headers: Any) -> int:
    """Return the version of a message; 0 for one that is none of ours."""
    found = headers.get(message.VERSION) if isinstance(headers, dict) else None
    return found if type(found) is int else 0
