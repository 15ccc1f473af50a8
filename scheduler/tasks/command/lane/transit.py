"""One run on its way through the lane."""

import os
from dataclasses import dataclass, field
from typing import Any

from scheduler.keeper import Keeper, KeeperLost, NotStarted, Running
from scheduler.settings import environment
from scheduler.store.runs.claim import Ending
from scheduler.tasks.command.execution import Execution
from scheduler.tasks.command.lane.arrival import Arrival
from scheduler.tasks.command.prepare import Limits
from scheduler.worker.attempt import Attempt, hold, let_go
from scheduler.worker.interruption import Open, enter, leave, subscribe
from scheduler.worker.outcome import ending_of_error, ending_of_value
from scheduler.worker.secrets import Secrets
from scheduler.worker.under_way import RunsUnderWay, UnderWay


@dataclass(slots=True, eq=False)
class Transit:
    """An attempt that is to be started, listened to, and reported; its lease is renewed until it is `over`."""

    arrival: Arrival
    attempt: Attempt
    runs: RunsUnderWay
    _under_way: UnderWay = field(init=False)
    _open: Open = field(init=False)
    _execution: Execution | None = field(init=False, default=None)
    _running: Running | None = field(init=False, default=None)
    _error: Exception | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        one = self.arrival
        # No thread is its own, in which an exception could be raised: who interrupts it tells its command to stop.
        self._under_way = UnderWay(one.delivery, os.getpid(), 0, one.soft, one.hard, one.policy, is_ours=True)
        self._open = enter(self.run_id)
        hold(self.attempt)
        self.runs.add(self._under_way)

    @property
    def run_id(self) -> str:
        return self.arrival.run.id

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Those that are to be listened to."""
        return () if self._running is None else self._running.descriptors

    def start(self, keeper: Keeper) -> Ending | None:
        """Start the command; return how the attempt ended where it cannot be started."""
        secrets = Secrets(environment())
        try:
            self._execution = self._ready(secrets)
            self._running = keeper.start(self._execution.spec)
        except NotStarted as error:
            return self._ended_by(self._why_not_started(error))
        except Exception as error:  # noqa: BLE001 (as of a task's body: whatever comes of its arguments is its end)
            return self._ended_by(secrets.masker.error(error))
        subscribe(self._open, self._running.stop)
        return None

    def heed(self, descriptor: int) -> Ending | None:
        """Read from one of the descriptors; return how the attempt ended, once it has, and is to be closed."""
        assert self._running is not None
        assert self._execution is not None
        try:
            ended = self._running.heed(descriptor, self._hear)
        except NotStarted as error:
            return self._end(self._why_not_started(error))
        except KeeperLost as error:
            return self._end(error)
        if ended is None:
            return None
        try:
            summary = self._execution.summary(ended)
        except Exception as error:  # noqa: BLE001 (as of a task's body)
            return self._end(error)
        return self._end(None, summary)

    def close(self) -> None:
        """Let go of the command, which has ended, and of its descriptors."""
        if self._running is not None:
            self._running.close()

    def over(self) -> None:
        """Its outcome is written, or cannot be."""
        leave(self.run_id, self._open)
        let_go(self.attempt)
        self.runs.remove(self._under_way)

    def _ready(self, secrets: Secrets) -> Execution:
        arguments = secrets.resolve(dict(self.arrival.arguments))
        self.attempt.mask(secrets.masker)
        limits = Limits.of_task(self.arrival.hard, self.arrival.soft)
        return Execution.of(arguments, self.attempt.run, limits, secrets.masker, self.attempt.log.write)

    def _hear(self, channel: str, data: bytes) -> None:
        assert self._running is not None
        assert self._execution is not None
        if self._error is not None:
            return
        try:
            self._execution.output(channel, data)
        except Exception as error:  # noqa: BLE001 (what fails for its output fails for this run alone)
            self._error = error
            self._running.stop("stopped")

    def _end(self, error: Exception | None, summary: Any = None) -> Ending:
        assert self._execution is not None
        try:
            if self._error is None:
                self._execution.output.close()
        except Exception as failure:  # noqa: BLE001 (as in `_hear`)
            self._error = failure
        error = self._error or error
        if error is None:
            return ending_of_value(summary, self.attempt.masker)
        return self._ended_by(self.attempt.masker.error(error))

    def _why_not_started(self, error: NotStarted) -> Exception:
        return error if self._execution is None else self._execution.why_not_started(error)

    def _ended_by(self, error: BaseException) -> Ending:
        return ending_of_error(error, self.attempt.masker) or Ending("failed")
