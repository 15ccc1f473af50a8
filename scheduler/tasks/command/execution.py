"""One execution of a command: what is started, where its output goes, and what its end means."""

import logging
from dataclasses import dataclass
from typing import Any, Final, Self

from scheduler import keeper
from scheduler.jobs import Command
from scheduler.keeper import Ended, NotStarted
from scheduler.printable import printable
from scheduler.settings import environment
from scheduler.tasks.arguments import read_arguments
from scheduler.tasks.command.output import Output
from scheduler.tasks.command.prepare import Limits, prepare
from scheduler.tasks.command.verdict import judge, why_not_started
from scheduler.tasks.errors import TaskError
from scheduler.tasks.output.head_and_tail import NOTICE
from scheduler.tasks.output.line_log import Log
from scheduler.worker import Run
from scheduler.worker.log.records import HEARD
from scheduler.worker.masking import Masker

# The task's module, whoever executes it.
logger: Final = logging.getLogger("scheduler.tasks.command.task")


@dataclass(frozen=True, slots=True)
class Execution:
    """A command of the file, made ready for one run. Who starts `spec` hands what comes to `output`, and closes it."""

    command: Command
    spec: keeper.Command
    output: Output

    @classmethod
    def of(cls, arguments: Any, run: Run, limits: Limits, masker: Masker, say: Log) -> Self:
        """Read the arguments, whose references have their values; `say` writes to the run's log.

        Raises TaskError, TemplateError.
        """
        command = read_arguments(Command, "command", arguments)
        spec = prepare(command, run, environment(), limits)
        return cls(command, spec, Output(command.fail_when, masker, _to_both_logs(say)))

    def summary(self, ended: Ended) -> dict[str, Any]:
        """Return the run's summary. Raises CommandFailed, RunTimedOut, RunCancelled, RunStopped."""
        return judge(self.command, ended, self.output)

    def why_not_started(self, error: NotStarted) -> TaskError:
        """Return the error that says why it could not be started."""
        return why_not_started(self.spec, error)


def _to_both_logs(say: Log) -> Log:
    def log(channel: str, line: bytes) -> None:
        say("log" if channel == NOTICE else channel, line)
        logger.info("%s: %s", channel, printable(line), extra={HEARD: True})

    return log
