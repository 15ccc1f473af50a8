"""A command of the file, made ready for one run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scheduler import keeper
from scheduler.jobs import Command
from scheduler.jobs.free_text import free_template
from scheduler.jobs.message import instant
from scheduler.jobs.template import Template
from scheduler.tasks.command.identity import become
from scheduler.tasks.errors import TaskError
from scheduler.worker import Run

_OUR_SETTINGS = "SCHEDULER_"
# By this variable the keeper knows a process that left its session for that of its run.
MARK = "SCHEDULER_RUN_ID"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a command may take, in seconds, and how long it gets between SIGTERM and SIGKILL."""

    timeout: float | None = None
    grace: float = 10.0

    @classmethod
    def of_task(cls, hard: float | None, soft: float | None) -> Self:
        """Return what Celery's limits for an attempt leave: a soft one, and a hard one after which it kills."""
        if soft is None:
            return cls()
        usual = cls(soft)
        return cls(soft, min(usual.grace, max(1.0, hard - soft - 1))) if hard else usual


def prepare(command: Command, run: Run, environ: Mapping[str, str], limits: Limits) -> keeper.Command:
    """Return what is to be started. `environ` is the worker's. Raises TaskError, TemplateError."""
    identity, of_user = become(command.user) if command.user else (None, {})
    context = run.template_context()
    own = {name: free_template(value).render(context) for name, value in command.env.items()}
    return keeper.Command(
        arguments=tuple(free_template(argument).render(context) for argument in command.run),
        environment={**_inherited(environ), **of_user, **own, **_of_run(run)},
        mark=MARK,
        folder=None if command.cwd is None else _folder(Template.parse(command.cwd).render(context)),
        stdin=os.fsencode(free_template(command.stdin).render(context)),
        identity=identity,
        umask=None if command.umask is None else int(command.umask, 8),
        timeout=limits.timeout,
        grace=limits.grace,
    )


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(_OUR_SETTINGS)}


def _of_run(run: Run) -> dict[str, str]:
    variables = {
        "SCHEDULER_JOB": run.job or "",
        MARK: run.id,
        "SCHEDULER_OCCURRENCE": instant(run.occurrence),
        "SCHEDULER_INTERVAL_END": instant(run.occurrence),
    }
    if run.previous is not None:
        variables["SCHEDULER_INTERVAL_START"] = instant(run.previous)
    return variables


def _folder(path: str) -> str:
    # The model saw a reference in its place when the file was read.
    if not Path(path).is_absolute():
        raise TaskError(f'command.cwd: "{path}" is not an absolute path, expected a folder such as "/var/lib/app"')
    return path
