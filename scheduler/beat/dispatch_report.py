"""What the log says of runs that were dispatched, skipped or missed."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from celery.utils.log import get_logger

from scheduler.beat.prepared import Prepared
from scheduler.jobs import message
from scheduler.policy import Missed
from scheduler.store.commit import FAILED, SKIPPED

logger = get_logger(__name__)

_LOGGED_EACH = 50


def report(done: Sequence[Prepared], now: datetime) -> None:
    """Log a line for each run, or of very many one for all."""
    for one in done:
        if one.plan.missed:
            _report_missed(one.name, one.plan.missed)
    # A line for each of ten thousand would take longer than to dispatch them.
    level = logging.INFO if len(done) <= _LOGGED_EACH else logging.DEBUG
    if logger.isEnabledFor(level):
        for one in done:
            _report_dispatched(one, now, level)
    if len(done) > _LOGGED_EACH:
        logger.info("batch.dispatched jobs=%d first=%s last=%s", len(done), done[0].name, done[-1].name)


def _report_dispatched(one: Prepared, now: datetime, level: int) -> None:
    failed = {each.run_id for each in one.step.messages if each.target is FAILED}
    skipped = {each.run_id: each.text for each in one.step.messages if each.target is SKIPPED}
    for occurrence in one.plan.dispatch:
        lateness = (now - occurrence.dispatch) / timedelta(milliseconds=1)
        run = message.run_id(one.name, occurrence.nominal)
        if run in failed:
            continue
        if run in skipped:
            logger.log(level, "occurrence.skipped job=%s run=%s reason=%r", one.name, run, skipped[run])
            continue
        logger.log(level, "occurrence.dispatched job=%s run=%s lateness_ms=%d", one.name, run, lateness)


def _report_missed(job: str, missed: Missed) -> None:
    first, last = message.instant(missed.first), message.instant(missed.last)
    logger.warning("occurrence.missed job=%s count=%d first=%s last=%s", job, missed.count, first, last)
