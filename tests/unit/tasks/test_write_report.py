"""A report from the query to the file, on SQLite."""

import logging
import sqlite3
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs import Report
from scheduler.jobs.report import Delivery
from scheduler.jobs.template import TemplateContext
from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.write import write_report

CONTEXT = TemplateContext("sales", "run-1", datetime(2026, 3, 1, 6, tzinfo=UTC), None, "Europe/Berlin")


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """The URL of a database with three sales."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE sales (day TEXT, region TEXT, revenue REAL)")
    connection.executemany(
        "INSERT INTO sales VALUES (?, ?, ?)",
        [("2026-02-28", "north", 12.5), ("2026-02-28", None, 7.0), ("2026-03-01", "south, east", 3.25)],
    )
    connection.commit()
    connection.close()
    return f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


def report(database: str, query: str, *files: str, **params: Any) -> Report:
    deliver = [{"file": file} for file in files or ("out.csv",)]
    return Report.model_validate({"database": database, "query": query, "params": params, "deliver": deliver})


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_report_writes_the_rows_of_the_occurrence(shop: str, output: Path) -> None:
    summary = write_report(
        report(
            shop,
            "SELECT day, region, revenue FROM sales WHERE day = :day ORDER BY revenue",
            "sales-{{ occurrence.date }}.csv",
            day="{{ occurrence.date - 1d }}",
        ),
        CONTEXT,
        output,
    )

    path = output / "sales-2026-03-01.csv"
    assert path.read_bytes() == b"day,region,revenue\r\n2026-02-28,,7.0\r\n2026-02-28,north,12.5\r\n"
    assert summary == {"rows": 2, "bytes": 60, "files": [str(path)]}
    assert path.stat().st_size == 60


def test_a_report_without_rows_has_its_header(shop: str, output: Path) -> None:
    summary = write_report(report(shop, "SELECT * FROM sales WHERE 0"), CONTEXT, output)

    assert (output / "out.csv").read_bytes() == b"day,region,revenue\r\n"
    assert summary["rows"] == 0


def test_columns_keep_their_names_also_twice_and_with_dots(output: Path) -> None:
    write_report(report("sqlite://", """SELECT 1 AS a, 2 AS a, 3 AS "t.a", 4 AS "x,y" """), CONTEXT, output)

    assert (output / "out.csv").read_text() == 'a,a,t.a,"x,y"\n1,2,3,4\n'


def test_every_file_gets_the_whole_report(shop: str, output: Path, tmp_path: Path) -> None:
    absolute = tmp_path / "elsewhere/new/sales.csv"

    summary = write_report(report(shop, "SELECT region FROM sales", "a.csv", "b/b.csv", str(absolute)), CONTEXT, output)

    content = b'region\r\nnorth\r\n\r\n"south, east"\r\n'
    assert [path.read_bytes() for path in (output / "a.csv", output / "b/b.csv", absolute)] == [content] * 3
    assert summary == {
        "rows": 3,
        "bytes": len(content),
        "files": [str(output / "a.csv"), str(output / "b/b.csv"), str(absolute)],
    }


def test_many_batches_come_out_in_order(output: Path) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n"

    summary = write_report(report("sqlite://", query), CONTEXT, output)

    assert (output / "out.csv").read_text().split() == ["i", *map(str, range(1, 2501))]
    assert summary["rows"] == 2500


def test_a_colon_that_is_no_parameter_is_escaped_or_within_a_word(output: Path) -> None:
    write_report(report("sqlite://", r"SELECT '12:30' AS a, 'x\:y \:z' AS b, 50 % 7 AS c"), CONTEXT, output)

    assert (output / "out.csv").read_text() == "a,b,c\n12:30,x:y :z,1\n"


def test_a_parameter_is_never_sql(shop: str, output: Path) -> None:
    query = "SELECT count(*) AS n FROM sales WHERE region = :region"

    write_report(report(shop, query, region="' OR 1=1 --"), CONTEXT, output)

    assert (output / "out.csv").read_text() == "n\n0\n"


def test_a_query_that_fails_half_way_leaves_the_old_file_and_nothing_else(shop: str, output: Path) -> None:
    output.mkdir()
    (output / "out.csv").write_text("old")
    # SQLite computes rows as they are fetched: abs() of the smallest integer overflows in row 2000.
    query = """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
      SELECT CASE i WHEN 2000 THEN abs(-9223372036854775808) ELSE i END FROM n
    """

    with pytest.raises(TaskError, match=r"report: sqlite://: integer overflow"):
        write_report(report("sqlite://", query, "out.csv", "new/other.csv"), CONTEXT, output)

    assert (output / "out.csv").read_text() == "old"
    assert names(output) == ["out.csv"]


def test_no_file_is_published_when_one_of_them_cannot_be_written(shop: str, output: Path) -> None:
    (output / "b").mkdir(parents=True)

    with pytest.raises(TaskError, match="is not a file"):
        write_report(report(shop, "SELECT 1", "a.csv", "b"), CONTEXT, output)

    assert names(output) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("DELETE FROM sales", "attempt to write a readonly database", id="write"),
        pytest.param("INSERT INTO sales VALUES (1,2,3) RETURNING day", "attempt to write a readonly", id="returning"),
        pytest.param("CREATE TABLE other (id)", "attempt to write a readonly database", id="create"),
        pytest.param("SELECT 1; SELECT 2", "only execute one statement", id="two queries"),
        pytest.param("-- nothing", "it returns no rows, expected one query such as SELECT", id="comment"),
        pytest.param("BEGIN", "it returns no rows|within a transaction", id="no query"),
        pytest.param("SELEKT 1", 'near "SELEKT": syntax error', id="typing error"),
        pytest.param("SELECT * FROM sale", "no such table: sale", id="no such table"),
        pytest.param("SELECT :day", "report.query: :day has no value", id="missing parameter"),
        pytest.param("SELECT '\ud800'", "does not fit the database", id="half a surrogate pair"),
    ],
)
def test_what_is_not_one_query_is_refused_and_changes_nothing(
    shop: str, output: Path, tmp_path: Path, query: str, words: str
) -> None:
    before = (tmp_path / "shop.db").read_bytes()

    with pytest.raises(TaskError, match=words):
        write_report(report(shop, query), CONTEXT, output)

    assert (tmp_path / "shop.db").read_bytes() == before
    assert not output.exists()


def test_a_number_too_large_for_the_database_is_said(output: Path) -> None:
    with pytest.raises(TaskError, match=r"report\.params: a value does not fit the database"):
        write_report(report("sqlite://", "SELECT :n", n=2**70), CONTEXT, output)


@pytest.mark.parametrize(
    ("database", "words"),
    [
        pytest.param("nosuch://host", 'no driver is called "nosuch"', id="unknown database"),
        pytest.param("sqlite+nosuch://", r'no driver is called "sqlite\+nosuch"', id="unknown driver"),
        pytest.param("mssql+pymssql://host", 'is not installed, expected the Python module "pymssql"', id="module"),
        pytest.param("postgresql://h/n?port=x", "report: postgresql.*psycopg://h/n: ", id="bad option"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said(output: Path, database: str, words: str) -> None:
    with pytest.raises(TaskError, match=words):
        write_report(report(database, "SELECT 1"), CONTEXT, output)


def test_a_missing_driver_names_the_extra(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.setitem(sys.modules, "psycopg", None)

    for scheme, extra in (("mysql", "mysql"), ("mariadb", "mysql"), ("postgresql", "postgresql")):
        with pytest.raises(TaskError, match=rf'pip install "redbeat-scheduler\[{extra}\]"'):
            write_report(report(f"{scheme}://host/name", "SELECT 1"), CONTEXT, output)


def test_an_asynchronous_driver_is_refused(output: Path) -> None:
    with pytest.raises(TaskError, match="is asynchronous, expected a driver that is not"):
        write_report(report("postgresql+psycopg_async://host/name", "SELECT 1"), CONTEXT, output)


def test_values_of_parameters_stay_out_of_errors_and_tracebacks(output: Path) -> None:
    # A traceback quotes this very file.
    token = str(0.12345 * 2)

    with pytest.raises(TaskError) as caught:
        write_report(report("sqlite://", "SELECT nosuch(:token)", token=token), CONTEXT, output)

    shown = "".join(traceback.format_exception(caught.value))
    assert "no such function: nosuch" in shown
    assert token not in shown
    assert "OperationalError" not in shown


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param(["../out.csv"], r'without "\.\."', id="climbs"),
        pytest.param(['{{ occurrence | strftime "../%Y" }}/out.csv'], r'without "\.\."', id="a template climbs"),
        pytest.param(["a.csv", "./a.csv"], r"report\.deliver\.1\.file: .*a\.csv is there already", id="twice"),
        pytest.param(['x{{ occurrence | strftime "/" }}'], "is a folder", id="a template makes it a folder"),
        pytest.param(["."], "is a folder", id="the output folder"),
    ],
)
def test_a_path_that_does_not_work_is_refused_before_the_query_runs(output: Path, files: list[str], words: str) -> None:
    # The models refuse most of these early; what a template makes of a path is known only here.
    deliver = [Delivery.model_construct(file=file) for file in files]
    unchecked = Report.model_construct(database="nosuch://", query="SELECT 1", params={}, deliver=deliver)

    with pytest.raises(TaskError, match=words):
        write_report(unchecked, CONTEXT, output)


def test_a_report_is_logged_with_its_size(shop: str, output: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="scheduler.tasks"):
        write_report(report(shop, "SELECT 1 AS a"), CONTEXT, output)

    assert caplog.messages == [f"report.written rows=1 bytes=6 files=['{output}/out.csv']"]
