"""The task class of our application: arguments are made ready before the body sees them."""

from datetime import UTC, datetime
from typing import Any

from celery import Task
from celery.exceptions import TaskPredicate

from scheduler.jobs import message
from scheduler.settings import environment
from scheduler.worker.interruption import open_run
from scheduler.worker.run import Run
from scheduler.worker.secrets import Secrets


class RunTask(Task):  # type: ignore[type-arg]
    """A task whose arguments may hold `${VAR}`: Redis keeps the reference, only the worker sees the value."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the body. Arguments of a task that no job called are passed as they are."""
        if self.request.get(message.JOB) is None and not (self.request.headers or {}).get(message.JOB):
            return self.run(*args, **kwargs)
        with open_run(Run.of_request(self.request, datetime.now(UTC)).id):
            return self._run_job(args, kwargs)

    def _run_job(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        secrets = Secrets(environment())
        positional, named = secrets.resolve([list(args), kwargs])
        with secrets.in_use():
            try:
                return self.run(*positional, **named)
            except TaskPredicate:
                # How a task says that it is to run again, or not to be counted: no error.
                raise
            except Exception as error:
                masked = secrets.masker.error(error)
                if masked is error:
                    raise
                raise masked from None
