"""The thread that writes down how runs of the lane ended, all that have ended meanwhile in one step."""

import queue
import threading
from collections.abc import Callable, Sequence

from celery.utils.log import get_logger
from redis.exceptions import RedisError, ResponseError

from scheduler.store.runs.claim import Claims, Ending
from scheduler.tasks.command.lane.transit import Transit
from scheduler.worker.fates import tell_unwritten
from scheduler.worker.ledger import Ledger, insist
from scheduler.worker.report import close_log, report

logger = get_logger(__name__)

_MOST_AT_ONCE = 200
Ended = tuple[Transit, Ending]


class Reporter:
    """Waits while Redis is away; `on_written` is told of each run that has its outcome, or can have none from here."""

    def __init__(self, ledger: Ledger, claims: Claims, on_written: Callable[[Transit], None]) -> None:
        self._ledger = ledger
        self._claims = claims
        self._on_written = on_written
        self._ended: queue.SimpleQueue[Ended | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outcomes", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, once all is written."""
        self._ended.put(None)
        self._thread.join()

    def hand(self, one: Transit, ending: Ending) -> None:
        """Have an outcome written. From any thread."""
        self._ended.put((one, ending))

    def _run(self) -> None:
        while (first := self._ended.get()) is not None:
            batch = [first, *self._further()]
            try:
                self._write(batch)
            except Exception:
                # One run's fault must not cost all later ones their outcome.
                logger.exception("outcomes.unwritten runs=%s", ",".join(one.run_id for one, _ in batch))
            for one, ending in batch:
                self._on_written(one)
                logger.info("run.ended run=%s outcome=%s", one.run_id, ending.outcome)

    def _further(self) -> list[Ended]:
        found: list[Ended] = []
        while len(found) < _MOST_AT_ONCE and not self._ended.empty():
            one = self._ended.get()
            if one is None:
                self._ended.put(None)
                break
            found.append(one)
        return found

    def _write(self, batch: Sequence[Ended]) -> None:
        well = [ended for ended in batch if ended[1].outcome == "succeeded"]
        if len(well) > 1 and self._finish(well):
            batch = [ended for ended in batch if ended[1].outcome != "succeeded"]
        for one, ending in batch:
            self._report(one, ending)

    def _finish(self, ended: Sequence[Ended]) -> bool:
        """End them in one step; False where that fails of one, so that each is to be reported for itself."""
        pairs = [(one.attempt.claim, ending) for one, ending in ended]
        try:
            for one, _ in ended:
                close_log(one.attempt)
            insist(lambda: self._claims.finish_all(pairs, self._ledger.now()), f"{len(pairs)} runs succeeded")
        except ResponseError:
            return False
        except RedisError as error:
            for one, _ in ended:
                tell_unwritten(one.run_id, error)
        return True

    def _report(self, one: Transit, ending: Ending) -> None:
        try:
            report(one.attempt, ending)
        except RedisError as error:
            tell_unwritten(one.run_id, error)
