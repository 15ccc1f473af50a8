"""What a run says through loggers: in its log, and masked wherever else it goes."""

import logging
from collections.abc import Callable
from typing import Any

from scheduler.worker.attempt import current_attempt
from scheduler.worker.masking import Masker
from scheduler.worker.secrets import latest_masker

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


_FORMATTER = logging.Formatter("%(levelname)s %(message)s")
_HANDLER = RunHandler()
_HANDLER.setFormatter(_FORMATTER)


class MaskedRecord:
    """Makes log records, by the factory that did so before, without the secrets of the run at hand."""

    def __init__(self, factory: Callable[..., logging.LogRecord]) -> None:
        self._factory = factory

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Return the record. Where it holds a secret, its text is made now, and that of its exception."""
        record = self._factory(*args, **kwargs)
        attempt = current_attempt()
        masker = latest_masker() if attempt is None else attempt.masker
        if masker.is_needed:
            _mask(record, masker)
        return record


def _mask(record: logging.LogRecord, masker: Masker) -> None:
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 (whoever handles the record will say so)
        return
    masked = masker.text(text)
    if masked is not text:
        record.msg, record.args = masked, ()
    if record.exc_info and record.exc_info[0]:
        traceback = _FORMATTER.formatException(record.exc_info)
        masked = masker.text(traceback)
        if masked is not traceback:
            record.exc_info, record.exc_text = None, masked


def listen() -> None:
    """Put the handler where records come by, and mask them where they are made, unless that is done."""
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, MaskedRecord):
        logging.setLogRecordFactory(MaskedRecord(factory))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if _HANDLER not in logger.handlers:
            logger.addHandler(_HANDLER)
