"""The values of a query's `:name` parameters. They reach the database as values, never as SQL."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from scheduler.jobs.template import Template, TemplateContext
from scheduler.tasks.errors import TaskError

Value = str | int | float | bool | date | time | datetime | None


def values(params: Mapping[str, Any], context: TemplateContext) -> dict[str, Value]:
    """Render the texts; one that is exactly one expression keeps its type. Raises TemplateError."""
    return {
        name: Template.parse(value).value(context) if isinstance(value, str) else value
        for name, value in params.items()
    }


def check_names(given: set[str], used: set[str]) -> None:
    """Raise TaskError unless the query uses exactly the parameters that are given."""
    if missing := sorted(used - given):
        raise TaskError(
            f"report.query: :{missing[0]} has no value, expected it in params, "
            "or \\: where the colon does not begin a parameter"
        )
    if unused := sorted(given - used):
        raise TaskError(f"report.params.{unused[0]}: the query does not use it, expected :{unused[0]} in it")


def for_database(value: Value, backend: str) -> Value:
    """Return the form in which this kind of database compares a time rightly with what it stores."""
    if backend == "sqlite":
        return _for_sqlite(value)
    if backend in ("mysql", "mariadb") and isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _for_sqlite(value: Value) -> Value:
    """SQLite stores text; instants are written as its own CURRENT_TIMESTAMP writes them, in UTC."""
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo is not None else value
        return utc.replace(tzinfo=None).isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else value
