"""What a run says through loggers, in its log."""

import logging

from scheduler.worker.attempt import current_attempt

# Celery gives the loggers of tasks handlers of their own, and lets nothing through to the root's.
_LOGGERS = (None, "celery.task")
# What Celery and its transport say of themselves is no word of the run's; what it prints is in its log already.
_NOT_ITS_OWN = ("celery.redirected", "celery.worker", "celery.app", "celery.concurrency", "kombu", "amqp")
# A record with this attribute is in the run's log already.
HEARD = "scheduler_heard"


class RunHandler(logging.Handler):
    """Writes records to the log of the run at hand."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, once."""
        attempt = current_attempt()
        if attempt is None or hasattr(record, HEARD) or record.name.startswith(_NOT_ITS_OWN):
            return
        setattr(record, HEARD, True)
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 (an argument may raise when it is shown; logging never does)
            self.handleError(record)
            return
        attempt.log.write("log", f"{text}\n".encode("utf-8", "replace"))


_HANDLER = RunHandler()
_HANDLER.setFormatter(logging.Formatter("%(levelname)s %(message)s"))


def listen() -> None:
    """Put the handler where records come by, unless it is there."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _HANDLER not in logger.handlers:
            logger.addHandler(_HANDLER)
