"""One query, streamed: memory holds a batch of rows, never the answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, text

from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.abandon import abandon
from scheduler.tasks.report.parameters import Value, check_names, for_database

_BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that a query returns, to be read once."""

    columns: tuple[str, ...]
    _result: CursorResult[Any]

    def batches(self) -> Iterator[Sequence[Row[Any]]]:
        """Yield the rows in lists of at most a thousand. Raises SQLAlchemyError."""
        # Without a size, a server's cursor is asked for all of its rows at once.
        return self._result.partitions(_BATCH_ROWS)


@contextmanager
def asked(connection: Connection, query: str, params: Mapping[str, Value]) -> Iterator[Answer]:
    """Start a query and yield its answer. Raises SQLAlchemyError, and TaskError for one without rows.

    If the block fails, the connection is dropped with the rows that were not read.
    """
    result = _execute(connection, query, params)
    cursor = result.cursor
    try:
        yield Answer(_columns(result), result)
    except BaseException:
        abandon(connection, cursor)
        raise
    finally:
        result.close()


def _execute(connection: Connection, query: str, params: Mapping[str, Value]) -> CursorResult[Any]:
    statement = text(query)
    check_names(set(params), set(statement.compile().params))
    backend = connection.dialect.name
    bound = {name: for_database(value, backend) for name, value in params.items()}
    try:
        return connection.execution_options(stream_results=True).execute(statement, bound)
    except (OverflowError, UnicodeError) as error:
        raise TaskError(f"report.params: a value does not fit the database: {error}") from None


def _columns(result: CursorResult[Any]) -> tuple[str, ...]:
    # The database's own names: SQLAlchemy's keys lose what stands before a dot in SQLite.
    description = result.cursor.description if result.returns_rows else None
    if not description:
        raise TaskError("report.query: it returns no rows, expected one query such as SELECT …")
    return tuple(str(column[0]) for column in description)
