"""The Celery task `scheduler.command`."""

import logging
from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded

from scheduler import keeper
from scheduler.jobs import Command
from scheduler.jobs.message import COMMAND
from scheduler.keeper import Ended, Keeper, NotStarted
from scheduler.printable import printable
from scheduler.settings import environment
from scheduler.tasks.arguments import read_arguments
from scheduler.tasks.command.output import Output
from scheduler.tasks.command.prepare import Limits, prepare
from scheduler.tasks.command.verdict import judge, why_not_started
from scheduler.tasks.output.head_and_tail import NOTICE
from scheduler.worker import current_masker, current_run
from scheduler.worker.commands import keeper as keeper_of_worker
from scheduler.worker.endings import RunTimedOut
from scheduler.worker.interruption import subscribed
from scheduler.worker.log.output import say
from scheduler.worker.log.records import HEARD

logger = logging.getLogger(__name__)


@shared_task(name=COMMAND, bind=True)
def run_command(self: Task[Any, Any], command: dict[str, Any]) -> dict[str, Any]:
    """Run a command for the current run's occurrence, within its time limit."""
    arguments = read_arguments(Command, "command", command)
    spec = prepare(arguments, current_run, environment(), _limits(self.request.timelimit))
    output = Output(arguments.fail_when, current_masker(), _log)
    try:
        ended = _run(keeper_of_worker(), spec, output)
    except SoftTimeLimitExceeded:
        # Celery's own limit, in a process of its pool; the command has been ended.
        raise RunTimedOut(f"command: its time was up after {spec.timeout:.0f} s; it was ended") from None
    finally:
        output.close()
    return judge(arguments, ended, output)


def _run(commands: Keeper, spec: keeper.Command, output: Output) -> Ended:
    try:
        running = commands.start(spec)
        with subscribed(running.stop):
            return running.follow(output)
    except NotStarted as error:
        raise why_not_started(spec, error) from None


def _limits(time_limits: Any) -> Limits:
    """Return the limits that Celery has for this attempt: a hard one, after which it kills, and a soft one."""
    hard, soft = time_limits or (None, None)
    if soft is None:
        return Limits()
    usual = Limits(soft)
    return Limits(soft, min(usual.grace, max(1.0, hard - soft - 1))) if hard else usual


def _log(channel: str, line: bytes) -> None:
    say("log" if channel == NOTICE else channel, line)
    logger.info("%s: %s", channel, printable(line), extra={HEARD: True})
