"""The end of a run, on somebody's word; and why there is none."""

import getpass
import socket
from dataclasses import dataclass

from scheduler.cli.ledger import Ledger, NoSuchRun
from scheduler.cli.when import relative
from scheduler.errors import SchedulerError
from scheduler.store.runs.cancel import Cancelled, cancel
from scheduler.store.runs.row import Row

_MOST_NAMED = 3


class NotCancelled(SchedulerError):
    """There is nothing that could be cancelled."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A run that has ended, or, if not `at_once`, whose worker will end it; `row` is what it was."""

    row: Row
    at_once: bool


def cancel_run(ledger: Ledger, run_id: str) -> Stopped:
    """Cancel a run. Raises NoSuchRun, NotCancelled, and redis.RedisError."""
    row = ledger.find(run_id)
    if row.id != run_id:
        raise NoSuchRun(_of_job(ledger, run_id))
    answer = cancel(ledger.client, ledger.keys, run_id, f"by {_who()}", ledger.now)
    if answer is Cancelled.UNLEDGERED:
        raise NotCancelled(
            f"{run_id} was dispatched to workers that keep no ledger: only Celery's own `revoke` reaches it"
        )
    if answer is Cancelled.NEWER:
        raise NotCancelled(f"{run_id} was written down by a later version of the scheduler, which can cancel it")
    if answer in (Cancelled.ENDED, Cancelled.UNKNOWN):
        # It may have ended since.
        row = ledger.history.row(run_id) or row
        when = f", {relative(row.finished, ledger.now)}" if row.finished else ""
        raise NotCancelled(f"{run_id} has ended already: {row.outcome}{when}")
    return Stopped(row, at_once=answer is Cancelled.DONE)


def _of_job(ledger: Ledger, job: str) -> str:
    live = [row.id for row in ledger.history.live(job, _MOST_NAMED + 1)]
    if not live:
        return f'"{job}" is a job, and none of its runs is live; expected the id of a run'
    more = ", …" if len(live) > _MOST_NAMED else ""
    return f'"{job}" is a job, expected the id of a run, such as {", ".join(live[:_MOST_NAMED])}{more}'


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"
