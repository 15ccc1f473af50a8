"""What a worker is there for: with the setting `only`, it refuses what others are to execute."""

from collections.abc import Callable
from typing import Any

from scheduler.errors import SchedulerError
from scheduler.jobs.message import COMMANDS
from scheduler.worker.configuration import settings_of

Body = Callable[..., Any]


class WrongWorker(SchedulerError):
    """A task that came to a worker which is not to execute it."""


def admitted(task: Any, body: Body) -> Body:
    """Return the body of a task, or what raises WrongWorker in its place."""
    only = settings_of(task.app).only
    if not only or (task.name in COMMANDS) == (only == "commands"):
        return body

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        what = "no commands and requests" if only == "tasks" else "commands and requests alone"
        raise WrongWorker(f"{task.name}: this worker executes {what} (SCHEDULER_ONLY={only})")

    return refuse
