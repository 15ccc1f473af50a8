"""The Celery task `scheduler.command`."""

from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded

from scheduler.jobs.message import COMMAND
from scheduler.keeper import Ended, Keeper, NotStarted
from scheduler.tasks.command.execution import Execution
from scheduler.tasks.command.prepare import Limits
from scheduler.worker import current_masker, current_run
from scheduler.worker.commands import keeper
from scheduler.worker.endings import RunTimedOut
from scheduler.worker.interruption import subscribed
from scheduler.worker.log.output import say


@shared_task(name=COMMAND, bind=True)
def run_command(self: Task[Any, Any], command: dict[str, Any]) -> dict[str, Any]:
    """Run a command for the current run's occurrence, within its time limit."""
    limits = Limits.of_task(*(self.request.timelimit or (None, None)))
    execution = Execution.of(command, current_run, limits, current_masker(), say)
    try:
        ended = _run(keeper(), execution)
    except SoftTimeLimitExceeded:
        # Celery's own limit, in a process of its pool; the command has been ended.
        up = "" if limits.timeout is None else f"its time was up after {limits.timeout:.0f} s; "
        raise RunTimedOut(f"command: {up}it was ended") from None
    finally:
        execution.output.close()
    return execution.summary(ended)


def _run(commands: Keeper, execution: Execution) -> Ended:
    try:
        running = commands.start(execution.spec)
        with subscribed(running.stop):
            return running.follow(execution.output)
    except NotStarted as error:
        raise execution.why_not_started(error) from None
