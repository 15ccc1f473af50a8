"""The task class of our application: arguments are made ready before the body sees them."""

from typing import Any

from celery import Task

from scheduler.jobs import message
from scheduler.jobs.reference import resolve
from scheduler.settings import environment


class RunTask(Task):  # type: ignore[type-arg]
    """A task whose arguments may hold `${VAR}`: Redis keeps the reference, only the worker sees the value."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the body. Arguments of a task that no job called are passed as they are."""
        if self.request.get(message.JOB) is None and not (self.request.headers or {}).get(message.JOB):
            return self.run(*args, **kwargs)
        values = environment()
        return self.run(*resolve(list(args), values), **resolve(kwargs, values))
