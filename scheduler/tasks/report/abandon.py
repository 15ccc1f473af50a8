"""Leaving an answer before its end: when the disk is full, or the run's time is up."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, ExceptionContext


def abandon(connection: Connection, cursor: Any) -> None:
    """Drop the connection, so that nobody computes, sends or reads the rows that are still to come."""
    if connection.invalidated:
        return
    _cancel(connection)
    _forget_the_rest(connection.connection.driver_connection)
    _forget_the_rest(cursor)
    connection.invalidate()
    if cursor is not None:
        with suppress(connection.dialect.loaded_dbapi.Error):
            cursor.close()


def abandon_when_interrupted(context: ExceptionContext) -> None:
    """Do the same for an exception that comes out of nowhere while SQLAlchemy waits for the database.

    A listener for `handle_error`. After an error of the database itself there is nothing left to read.
    """
    if context.connection and not isinstance(context.original_exception, context.dialect.loaded_dbapi.Error):
        # SQLAlchemy then leaves the connection alone, instead of tidying up with it.
        context.is_disconnect = True
        abandon(context.connection, getattr(context.execution_context, "cursor", None))


def _cancel(connection: Connection) -> None:
    # Of our drivers psycopg can: PostgreSQL would go on until it next had something to send.
    cancel = getattr(connection.connection.driver_connection, "cancel_safe", None)
    if cancel is not None:
        with suppress(connection.dialect.loaded_dbapi.Error):
            cancel(timeout=2)


def _forget_the_rest(reader: Any) -> None:
    # PyMySQL reads an answer to its end when its cursor or its connection is closed or dropped, be it for hours,
    # unless it believes that it has done so already. Both hold it under this name.
    answer: Any = getattr(reader, "_result", None)
    if getattr(answer, "unbuffered_active", False):
        answer.unbuffered_active = False
        if hasattr(reader, "connection"):
            reader.connection = None
