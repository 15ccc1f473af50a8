"""The arguments of a job's task, made ready before its body sees them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from celery.exceptions import TaskPredicate

from scheduler.jobs import message
from scheduler.settings import environment
from scheduler.worker.attempt import current_attempt
from scheduler.worker.interruption import open_run
from scheduler.worker.run import Run
from scheduler.worker.secrets import Secrets


def with_values(request: Any, body: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the body with `${VAR}` in its arguments resolved, and the values masked in what it raises.

    Arguments of a task that no job called are passed as they are. Raises what the body raises, and like
    `Secrets.resolve`.
    """
    if request.get(message.JOB) is None and not (request.headers or {}).get(message.JOB):
        return body(*args, **kwargs)
    with open_run(Run.of_request(request, datetime.now(UTC)).id):
        return _resolved(body, args, kwargs)


def _resolved(body: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    secrets = Secrets(environment())
    positional, named = secrets.resolve([list(args), kwargs])
    attempt = current_attempt()
    if attempt is not None:
        attempt.mask(secrets.masker)
    with secrets.in_use():
        try:
            return body(*positional, **named)
        except (TaskPredicate, SystemExit) as error:
            # How a task says that it is to run again, or to end: no error, and nothing can stand in for it.
            secrets.masker.mask(error)
            raise
        except Exception as error:
            masked = secrets.masker.error(error)
            if masked is error:
                raise
            raise masked from None
