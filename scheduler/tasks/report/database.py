"""A connection to any SQLAlchemy URL that reads, and whose errors hold no password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.abandon import abandon, abandon_when_interrupted
from scheduler.tasks.report.fields import JsonText
from scheduler.tasks.report.url import EXPECTED, read_url, shown, without_secrets

_EXTRAS = {"psycopg": "postgresql", "pymysql": "mysql"}


@contextmanager
def connected(address: str) -> Iterator[Connection]:
    """Yield a connection of its own, in a transaction that only reads where the database has such.

    Raises TaskError for whatever SQLAlchemy or the driver raises, in the block too.
    """
    url = read_url(address)
    try:
        with _connection(_engine(url)) as connection:
            _prepare(connection)
            yield connection
    except SQLAlchemyError as error:
        # `from None`, so that no traceback shows the driver's own words.
        raise TaskError(f"report: {shown(url)}: {without_secrets(_words(error), url)}") from None


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            try:
                yield connection
            except (SQLAlchemyError, TaskError):
                raise
            except BaseException:
                # Whatever else it was, it may have come between two lines: closing must not read what is left.
                abandon(connection, None)
                raise
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True, **_options(url))
    except NoSuchModuleError:
        raise TaskError(f'report.database: no driver is called "{url.drivername}", expected {EXPECTED}') from None
    except ImportError as error:
        raise TaskError(_missing_driver(url, error)) from None
    if engine.dialect.is_async:
        raise TaskError(f'report.database: "{url.drivername}" is asynchronous, expected a driver that is not')
    event.listen(engine, "handle_error", abandon_when_interrupted)
    return engine


def _missing_driver(url: URL, error: ImportError) -> str:
    extra = _EXTRAS.get(url.get_driver_name() if "+" in url.drivername else "")
    expected = f'pip install "redbeat-scheduler[{extra}]"' if extra else f'the Python module "{error.name}"'
    return f'report.database: the driver of "{url.drivername}" is not installed, expected {expected}'


def _options(url: URL) -> dict[str, Any]:
    # psycopg hands JSON over as floats and dicts; kept as text, every digit survives.
    return {"json_deserializer": _json_text} if url.drivername == "postgresql+psycopg" else {}


def _json_text(data: str | bytes) -> JsonText:
    return JsonText(data if isinstance(data, str) else data.decode())


def _prepare(connection: Connection) -> None:
    backend = connection.dialect.name
    if backend == "postgresql":
        connection.execution_options(postgresql_readonly=True)
        # A cursor is planned as if a tenth of its rows were wanted; a report wants them all.
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
    elif backend in ("mysql", "mariadb"):
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        # MySQL's texts of times have no offset: what TIMESTAMP shows, and what a parameter means, is UTC.
        connection.exec_driver_sql("SET time_zone = '+00:00'")


def _words(error: SQLAlchemyError) -> str:
    if not isinstance(error, DBAPIError) or error.orig is None:
        return str(error)
    match error.orig.args:
        case (int(number), str(message)):
            return f"{message} ({number})"
    return str(error.orig).strip()
