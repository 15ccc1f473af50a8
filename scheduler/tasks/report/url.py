"""A database's URL: which driver it means, and how it is shown without its password."""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from scheduler.tasks.errors import TaskError

EXPECTED = 'an SQLAlchemy URL such as "postgresql://user:password@host/name" or "sqlite:///file.db"'

# The drivers that the extras install. A URL that names a driver keeps it.
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_SECRET_OPTIONS = ("pass", "secret", "token", "key")


def read_url(address: str) -> URL:
    """Return the URL to connect to. Raises TaskError for what is no URL, and for a missing SQLite file."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # The text of either may quote a part of the password.
        url = None
    if url is None:
        raise TaskError(f"report.database: its value is not a URL, expected {EXPECTED}")
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    return _sqlite_for_reading(url) if url.get_backend_name() == "sqlite" else url


def shown(url: URL) -> str:
    """Return the URL for people: no password, no options."""
    return url.set(query={}).render_as_string(hide_password=True)


def without_secrets(text: str, url: URL) -> str:
    """Mask the URL's password, and the options that look like one, wherever they stand in `text`."""
    for secret in _secrets(url):
        text = text.replace(secret, "***")
    return text


def _sqlite_for_reading(url: URL) -> URL:
    """SQLite makes an empty database of a path that does not exist, unless it is told to read only."""
    if url.database in (None, "", ":memory:") or url.query.get("mode") == "memory":
        return url
    name = str(url.database)
    if not name.startswith("file:"):
        path = Path(os.path.abspath(name))  # noqa: PTH100 - as SQLAlchemy does; links are SQLite's business
        if not path.is_file():
            raise TaskError(f"report.database: {path} does not exist, expected an SQLite database")
        name = path.as_uri()
    return url.set(database=name).update_query_dict({"mode": "ro", "uri": "true"})


def _secrets(url: URL) -> Iterator[str]:
    if url.password:
        yield str(url.password)
    for option, texts in url.normalized_query.items():
        if any(word in option.lower() for word in _SECRET_OPTIONS):
            yield from filter(None, texts)
