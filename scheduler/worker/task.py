"""The task class of our application, and what is put around the body of any task that a worker executes."""

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from celery import Task
from celery.exceptions import Ignore, Reject, Retry
from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler.store.runs.claim import NEWER, Dropped, Ending
from scheduler.store.runs.put_back import PutBack
from scheduler.worker.admission import admitted
from scheduler.worker.arguments import with_values
from scheduler.worker.attempt import Attempt, in_hand
from scheduler.worker.delivery import HELD_SECONDS, Delivery
from scheduler.worker.endings import TaskLeft
from scheduler.worker.ledger import STOPPING, Ledger, ledger_of
from scheduler.worker.log import flusher
from scheduler.worker.log.records import listen
from scheduler.worker.log.streams import capture
from scheduler.worker.outcome import ending_of_error, ending_of_value, exception_text
from scheduler.worker.report import close_log, report
from scheduler.worker.taking import take

logger = get_logger(__name__)

Body = Callable[..., Any]
_INNER = "_scheduler_inner"
_ENTERED = "_scheduler_entered"


class RunTask(Task):  # type: ignore[type-arg]
    """A task whose arguments may hold `${VAR}`: Redis keeps the reference, only the worker sees the value."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the body. Arguments of a task that no job called are passed as they are."""
        return with_values(self.request, self.run, args, kwargs)


def surround(task: Any) -> None:
    """Have each run of the task claimed before its body begins, and its outcome written down after it.

    Works on any task of any application. What is no run of ours is executed as before.
    """
    kind = type(task)
    if hasattr(kind.__dict__.get("__call__"), _INNER):
        return
    # Of a class whose base is surrounded already, the base's own.
    inner = getattr(kind.__call__, _INNER, kind.__call__)
    is_own, resolves = inner is not Task.__call__, issubclass(kind, RunTask)

    # Celery calls the task itself, and not its body, where its class says how it is called.
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = self.request
        if request.called_directly or _ENTERED in request.__dict__:
            # From within a body, as a function.
            return inner(self, *args, **kwargs)
        request.__dict__[_ENTERED] = True
        body = admitted(self, partial(inner, self) if is_own else self.run)
        if not resolves:
            body = _resolving(request, body)
        delivery = Delivery.of_request(request)
        if delivery is None:
            return body(*args, **kwargs)
        return execute(self, delivery, body, args, kwargs)

    setattr(call, _INNER, inner)
    kind.__call__ = call


def _resolving(request: Any, body: Body) -> Body:
    return lambda *args, **kwargs: with_values(request, body, args, kwargs)


def execute(task: Any, delivery: Delivery, body: Body, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run the body as an attempt of its run.

    Raises what it raises, Ignore for a message that is one too many, and Reject for one that is a later version's.
    """
    ledger = ledger_of(task.app)
    taken = take(ledger, delivery, task.request)
    if isinstance(taken, Dropped):
        if taken.state == NEWER:
            _leave(ledger, taken.run_id)
        raise Ignore(f"{taken.run_id} is {taken.state}")
    capture()
    listen()
    flusher.start()
    with in_hand(taken):
        try:
            value = body(*args, **kwargs)
        except Retry:
            # Written down before its message was sent (`worker.native_retry`).
            close_log(taken)
            raise
        except BaseException as error:
            is_reported = _report_error(taken, error)
            if is_reported and isinstance(error, SystemExit):
                raise TaskLeft(exception_text(error)) from error
            raise
        report(taken, ending_of_value(value, taken.masker))
        return value


def _leave(ledger: Ledger, run_id: str) -> NoReturn:
    """Put the message back, for a worker of a later version: not at once, so that it does not go round and round."""
    STOPPING.wait(HELD_SECONDS)
    try:
        PutBack(ledger.client, ledger.keys)(run_id, ledger.now())
    except RedisError as error:
        logger.debug("message.unnoted run=%s error=%r", run_id, str(error))
    raise Reject(f"a later version wrote the row of {run_id}", requeue=True)


def _report_error(attempt: Attempt, error: BaseException) -> bool:
    """Write down what an error makes of the run; False where somebody else does."""
    if isinstance(error, Reject) and getattr(error, "requeue", False):
        _again(attempt)
        return True
    ending = ending_of_error(error, attempt.masker)
    if ending is not None:
        report(attempt, ending)
    return ending is not None


def _again(attempt: Attempt) -> None:
    """A task that puts its message back wants to run again at once."""
    now = attempt.ledger.now()
    attempt.claims.retry(attempt.claim, Ending("failed", "requeued"), now, now)
