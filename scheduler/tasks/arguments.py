"""A task's arguments, read again in the worker: the references in them now have their values."""

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scheduler.jobs.model import Model
from scheduler.tasks.errors import TaskError

M = TypeVar("M", bound=Model)

# A problem's text quotes the value, and this value holds a password.
_SECRET = frozenset({"database"})


def read_arguments(model: type[M], where: str, value: Any) -> M:
    """Return the model of `value`. Raises TaskError with every problem, each with its key under `where`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
    raise TaskError("; ".join(_problem(where, details) for details in found))


def _problem(where: str, details: ErrorDetails) -> str:
    key = ".".join([where, *map(str, details["loc"])])
    if _SECRET.intersection(details["loc"]) and details["type"] != "missing":
        return f"{key}: its value cannot be used, expected an SQLAlchemy URL"
    return f"{key}: {details['msg']}"
