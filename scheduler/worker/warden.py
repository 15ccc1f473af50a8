"""One thread of a worker that looks after all runs in hand: renews their leases, and stops those that are to stop."""

import ctypes
import logging
import os
import signal
import threading
import time
from contextlib import suppress

from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler.store.runs.claim import Kept
from scheduler.worker.endings import RunCancelled, RunTimedOut
from scheduler.worker.fates import Fates
from scheduler.worker.interruption import Reason, interrupt, is_heard
from scheduler.worker.ledger import Ledger
from scheduler.worker.under_way import RunsUnderWay, UnderWay

logger = get_logger(__name__)

EVERY_SECONDS = 2.0
# From being asked to stop to being killed.
GRACE_SECONDS = 10.0


class Warden:
    """Renews leases well before they end, and sees who was cancelled when it does."""

    def __init__(self, ledger: Ledger, worker: str, under_way: RunsUnderWay, fates: Fates) -> None:
        self._ledger = ledger
        self._claims = ledger.claims(worker)
        self._under_way = under_way
        self._fates = fates
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="warden", daemon=True)

    def start(self) -> None:
        """Begin to look after them."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the present turn."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(EVERY_SECONDS)

    def turn(self) -> None:
        """Look after all of them once. Raises redis.RedisError."""
        found = list(self._under_way)
        kept = self._claims.renew([one.delivery.run_id for one in found], self._ledger.now())
        for one in found:
            self._heed(one, kept[one.delivery.run_id])
            if one.pid == os.getpid():
                # Celery has time limits for processes of its pool alone.
                self._limit(one)

    def cut_off(self) -> None:
        """The worker's time is up: end what still runs."""
        for one in self._under_way:
            if one.pid != os.getpid():
                _kill(one)
            self._fates.stopped(one)

    def _watch(self) -> None:
        is_said = False
        while not self._over.wait(EVERY_SECONDS):
            try:
                self.turn()
            except RedisError as error:
                # The leader trusts no lease that could not be renewed because Redis was away.
                logger.log(logging.DEBUG if is_said else logging.WARNING, "leases.unrenewed error=%r", str(error))
                is_said = True
            else:
                is_said = False

    def _heed(self, one: UnderWay, kept: Kept) -> None:
        if kept is Kept.NOT_OURS:
            if one.is_ours:
                self._under_way.remove(one)
            return
        one.is_ours = True
        if kept is Kept.TO_CANCEL:
            self._cancel(one)

    def _cancel(self, one: UnderWay) -> None:
        now = time.monotonic()
        if one.asked is None:
            one.asked, one.is_cancelled = now, True
            logger.info("run.cancelling run=%s", one.delivery.run_id)
            _interrupt(one, "cancelled")
        elif now - one.asked > GRACE_SECONDS:
            if one.pid != os.getpid():
                _kill(one)
            # A thread cannot be killed: what it still does has no say any more.
            self._fates.cancelled(one)

    def _limit(self, one: UnderWay) -> None:
        spent = time.monotonic() - one.since
        if one.hard is not None and spent > one.hard:
            self._fates.timed_out(one, one.hard)
        elif one.soft is not None and spent > one.soft and one.asked is None:
            one.asked = time.monotonic()
            _interrupt(one, "timed_out")


def _interrupt(one: UnderWay, reason: Reason) -> None:
    """Raise an exception in the body: in a process of Celery's pool what a soft time limit raises."""
    if one.pid != os.getpid():
        with suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGUSR1)
        return
    # A command ends by itself when it is told.
    if not (interrupt(one.delivery.run_id, reason) and is_heard(one.delivery.run_id)):
        error = RunCancelled if reason == "cancelled" else RunTimedOut
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(one.thread), ctypes.py_object(error))


def _kill(one: UnderWay) -> None:
    with suppress(ProcessLookupError):
        os.kill(one.pid, signal.SIGKILL)
