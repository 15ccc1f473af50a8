"""Which database a URL means, and that no password is ever shown."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import make_url

from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.url import read_url, shown, without_secrets


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        pytest.param("postgresql://host/name", "postgresql+psycopg", id="postgresql"),
        pytest.param("postgres://host/name", "postgresql+psycopg", id="the old short form"),
        pytest.param("mysql://host/name", "mysql+pymysql", id="mysql"),
        pytest.param("mariadb://host/name", "mariadb+pymysql", id="mariadb"),
        pytest.param("postgresql+psycopg2://host/name", "postgresql+psycopg2", id="a named driver stays"),
        pytest.param("oracle+oracledb://host/name", "oracle+oracledb", id="any other database"),
    ],
)
def test_a_url_without_a_driver_means_the_one_that_the_extra_installs(address: str, driver: str) -> None:
    assert read_url(address).drivername == driver


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="empty"),
        pytest.param("not a url with geheim in it", id="words"),
        pytest.param("postgresql://user:ge:heim@host:port/name", id="a port that is no number"),
        pytest.param("postgresql://user:x@geheim:heim@host:1/name", id="a password that was not quoted"),
    ],
)
def test_what_is_no_url_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(TaskError, match="is not a URL") as caught:
        read_url(address)
    assert "heim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_url_is_shown_without_password_and_options() -> None:
    url = make_url("mysql+pymysql://me:geheim@host:3306/name?ssl_key_password=auch")

    assert shown(url) == "mysql+pymysql://me:***@host:3306/name"


def test_secrets_are_masked_in_a_drivers_words() -> None:
    url = make_url("postgresql://me:ge%40heim@host/name?sslpassword=auch&application_name=report")

    words = without_secrets('invalid dsn "password=ge@heim sslpassword=auch application_name=report"', url)

    assert words == 'invalid dsn "password=*** sslpassword=*** application_name=report"'


def test_an_sqlite_file_is_opened_for_reading_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shop #1?.db"
    sqlite3.connect(path).close()
    path.touch()
    monkeypatch.chdir(tmp_path)

    for address in (f"sqlite:///{tmp_path}/shop #1%3F.db", "sqlite:///shop #1%3F.db"):
        url = read_url(address)
        assert url.database == f"{tmp_path.as_uri()}/shop%20%231%3F.db"
        assert dict(url.query) == {"mode": "ro", "uri": "true"}


def test_an_sqlite_uri_cannot_ask_for_more_than_reading() -> None:
    url = read_url("sqlite:///file:/data/shop.db?mode=rwc&uri=true&cache=shared")

    assert dict(url.query) == {"mode": "ro", "uri": "true", "cache": "shared"}


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_sqlite_in_memory_stays_as_it_is(address: str) -> None:
    assert read_url(address) == make_url(address)


def test_an_sqlite_file_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"shop\.db does not exist, expected an SQLite database"):
        read_url(f"sqlite:///{tmp_path}/shop.db")
    with pytest.raises(TaskError, match="does not exist"):
        read_url(f"sqlite:///{tmp_path}")
    assert list(tmp_path.iterdir()) == []
