"""Reports from PostgreSQL and MariaDB or MySQL, where one can be reached.

SCHEDULER_TEST_POSTGRESQL_URL and SCHEDULER_TEST_MYSQL_URL say where; without them, the usual ports of this host.
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from scheduler.jobs import Report
from scheduler.jobs.template import TemplateContext
from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.write import write_report
from tests.servers import wait_for

BENCHMARK = Path(__file__).parents[2] / "benchmarks/report.py"
CONTEXT = TemplateContext("sales", "run-1", datetime(2026, 7, 1, 22, 30, tzinfo=UTC), None, "Europe/Berlin")


def reachable(variable: str, usual: str) -> str:
    """Return the URL of a database that answers; skip the test, saying why, where none does."""
    url = os.environ.get(variable, usual)
    try:
        create_engine(url, poolclass=NullPool).connect().close()
    except (SQLAlchemyError, ImportError) as error:
        pytest.skip(f"{variable} ({make_url(url)}) cannot be reached: {str(error).splitlines()[0]}")
    return url


@pytest.fixture(scope="module")
def postgresql() -> str:
    return reachable("SCHEDULER_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="module")
def mysql() -> str:
    return reachable("SCHEDULER_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test")


@pytest.fixture(params=["postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def write(database: str, query: str, output: Path, **params: Any) -> dict[str, Any]:
    report = {"database": database, "query": query, "params": params, "deliver": [{"file": "out.csv"}]}
    return write_report(Report.model_validate(report), CONTEXT, output)


def answer(database: str, expression: str, output: Path, **params: Any) -> str:
    """Return the one field that an expression is written as."""
    write(database, f"SELECT {expression} AS a", output, **params)
    return (output / "out.csv").read_bytes().decode().removeprefix("a\r\n").removesuffix("\r\n")


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        pytest.param("NULL", "", id="null"),
        pytest.param("''::text", '""', id="empty text"),
        pytest.param("1.50::numeric(20, 5)", "1.50000", id="numeric"),
        pytest.param("1e30::numeric", "1" + "0" * 30, id="large numeric"),
        pytest.param("'NaN'::numeric", "NaN", id="numeric nan"),
        pytest.param("0.1::float8", "0.1", id="float"),
        pytest.param("true", "true", id="bool"),
        pytest.param("date '2026-01-31'", "2026-01-31", id="date"),
        pytest.param("time '07:05'", "07:05:00", id="time"),
        pytest.param("timetz '07:05+02'", "07:05:00+02:00", id="time with zone"),
        pytest.param("timestamp '2026-07-01 00:00'", "2026-07-01T00:00:00", id="timestamp"),
        pytest.param("timestamptz '2026-07-01 00:00Z'", "2026-07-01T02:00:00+02:00", id="timestamptz"),
        pytest.param("interval '1 day 2 hours -3 minutes'", "25:57:00", id="interval"),
        pytest.param("'\\xdead'::bytea", "\\xdead", id="bytea"),
        pytest.param("""'{"a": 1.10}'::json""", '"{""a"": 1.10}"', id="json, digit for digit"),
        pytest.param("""'{"a":1.10}'::jsonb""", '"{""a"": 1.10}"', id="jsonb"),
        pytest.param("'null'::jsonb", "null", id="json null"),
        pytest.param("ARRAY[1.10, NULL]", '"[1.10,null]"', id="array"),
        pytest.param("ARRAY['x', 'a\"b']", '"[""x"",""a\\""b""]"', id="text array"),
        pytest.param("ARRAY['{\"a\": 1.10}'::json]", '"[{""a"": 1.10}]"', id="json array"),
        pytest.param("ROW(1, 'a')", '"[""1"",""a""]"', id="composite"),
        pytest.param("int4range(1, 5)", '"[1, 5)"', id="range"),
        pytest.param("'10.0.0.0/8'::cidr", "10.0.0.0/8", id="cidr"),
        pytest.param("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", id="uuid"),
    ],
)
def test_a_value_of_postgresql_is_written_as_documented(
    postgresql: str, tmp_path: Path, expression: str, field: str
) -> None:
    assert answer(postgresql, expression.replace(":", r"\:"), tmp_path) == field


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        pytest.param("NULL", "", id="null"),
        pytest.param("''", '""', id="empty text"),
        pytest.param("CAST(1.5 AS DECIMAL(20, 5))", "1.50000", id="decimal"),
        pytest.param("0.1e0", "0.1", id="float"),
        pytest.param("true", "1", id="a bool is a number there"),
        pytest.param("DATE '2026-01-31'", "2026-01-31", id="date"),
        pytest.param(r"CAST('-30\:05\:00.5' AS TIME(1))", "-30:05:00.500000", id="time"),
        pytest.param(r"TIMESTAMP '2026-07-01 00\:00\:00'", "2026-07-01T00:00:00", id="datetime"),
        pytest.param("FROM_UNIXTIME(1782864000)", "2026-07-01T00:00:00", id="an instant is shown in UTC"),
        pytest.param("x'00ff'", "\\x00ff", id="binary"),
        pytest.param("JSON_OBJECT('a', 1.10)", '"{""a"": 1.10}"', id="json"),
        pytest.param("18446744073709551615", "18446744073709551615", id="unsigned bigint"),
        pytest.param("'50 % of größer 🙂'", "50 % of größer 🙂", id="text beyond the basic plane"),
    ],
)
def test_a_value_of_mysql_is_written_as_documented(mysql: str, tmp_path: Path, expression: str, field: str) -> None:
    assert answer(mysql, expression, tmp_path) == field


def test_columns_keep_their_names_also_twice(database: str, tmp_path: Path) -> None:
    write(database, "SELECT 1 AS a, 2 AS a, 'x' AS b", tmp_path)

    assert (tmp_path / "out.csv").read_bytes() == b"a,a,b\r\n1,2,x\r\n"


def test_a_url_without_a_driver_uses_ours(database: str, tmp_path: Path) -> None:
    url = make_url(database)
    plain = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)

    assert answer(plain, "1", tmp_path) == "1"


def test_a_date_and_an_instant_are_compared_as_such(database: str, tmp_path: Path) -> None:
    # 22:30 UTC is already the second of July in the job's zone.
    params = {"day": "{{ occurrence.date - 1d }}", "end": "{{ interval.end }}", "name": "it's"}
    instant = "timestamptz '2026-07-01 22:30Z'" if "postgres" in database else "TIMESTAMP '2026-07-01 22:30:00'"
    query = f"CASE WHEN :day = DATE '2026-07-01' AND :end = {instant} AND :name = 'it''s' THEN 'same' END"

    assert answer(database, query.replace("22:30:00", r"22\:30\:00"), tmp_path, **params) == "same"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("CREATE TABLE nosuch (id INT)", "syntax error|READ ONLY", id="create"),
        pytest.param("DROP TABLE IF EXISTS nosuch", "syntax error|READ ONLY", id="drop"),
        pytest.param("SELECT 1; SELECT 2", "multiple commands|SQL syntax", id="two queries"),
        pytest.param("SELEKT 1", "syntax", id="typing error"),
        pytest.param("SELECT * FROM nosuch", "exist", id="no such table"),
        pytest.param("SET @a = 1", "syntax error|it returns no rows", id="no query"),
    ],
)
def test_what_is_not_one_query_is_refused(database: str, tmp_path: Path, query: str, words: str) -> None:
    with pytest.raises(TaskError, match=words):
        write(database, query, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_transaction_of_postgresql_reads_only(postgresql: str, tmp_path: Path) -> None:
    assert answer(postgresql, "current_setting('transaction_read_only')", tmp_path) == "on"


def failing_in_row_1500(database: str) -> str:
    if "postgres" in database:
        return "SELECT 1 / (1500 - n) AS a FROM generate_series(1, 3000) AS n"
    # A subquery of two rows is an error where it is first needed.
    return (
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) "
        "SELECT IF(b.n * 900 + a.n = 2400, (SELECT a.n UNION SELECT a.n + 1), a.n) FROM s b, s a WHERE b.n < 4"
    )


def test_a_query_that_fails_half_way_leaves_the_old_file(database: str, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")

    with pytest.raises(TaskError, match=r"division by zero|returns more than 1 row"):
        write(database, failing_in_row_1500(database), tmp_path)

    assert (tmp_path / "out.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


ENDLESS = (
    "WITH d(n) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) "
    f"SELECT d0.n FROM {', '.join(f'd d{number}' for number in range(16))}"
)


@contextmanager
def small_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_ends_the_query_without_reading_the_rest(database: str, tmp_path: Path) -> None:
    # There are 152 billion rows: this ends only if nobody reads them, and the server is told.
    with small_files(), pytest.raises(TaskError, match=r"out\.csv: File too large"):
        write(database, ENDLESS, tmp_path)

    assert list(tmp_path.iterdir()) == []
    wait_for(lambda: not is_running(database, ENDLESS), 20, "the server to drop the query")


class TimeIsUp(Exception):
    """What Celery raises in a task whose soft time limit has passed, in the midst of anything."""


@contextmanager
def limited_to(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, stop)
    # Once more after two seconds: Python drops an exception that comes while it collects garbage.
    signal.setitimer(signal.ITIMER_REAL, seconds, 2.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.7])
def test_a_run_whose_time_is_up_ends_at_once_and_leaves_nothing(database: str, tmp_path: Path, seconds: float) -> None:
    start = time.monotonic()

    with pytest.raises(TimeIsUp), limited_to(seconds):
        write(database, ENDLESS, tmp_path)

    assert time.monotonic() - start < 5
    assert list(tmp_path.iterdir()) == []
    wait_for(lambda: not is_running(database, ENDLESS), 20, "the server to drop the query")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_query_that_computes_without_end_is_cancelled_in_postgresql(postgresql: str, tmp_path: Path) -> None:
    query = f"SELECT count(*) FROM ({ENDLESS}) AS endless"

    with pytest.raises(TimeIsUp), limited_to(0.5):
        write(postgresql, query, tmp_path)

    assert list(tmp_path.iterdir()) == []
    wait_for(lambda: not is_running(postgresql, query), 20, "the server to drop the query")


def is_running(database: str, query: str) -> bool:
    catalog = {
        "postgresql": "SELECT query FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()",
        "mysql": "SELECT info FROM information_schema.processlist WHERE id <> connection_id()",
    }
    engine = create_engine(database, poolclass=NullPool)
    with engine.connect() as connection:
        queries = connection.execute(text(catalog[engine.dialect.name])).scalars().all()
    return any(query in (running or "") for running in queries)


def test_memory_holds_a_batch_of_rows_not_the_answer(database: str) -> None:
    # 200,000 rows that are held at once take about 150 MB more than the 60 to 70 MB of this.
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--here", "--rows", "200000", database], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_does_not_answer_is_said_without_the_password(scheme: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"report: .*://me:\*\*\*@127\.0\.0\.1:1/name: .*refused") as caught:
        write(f"{scheme}://me:geheim@127.0.0.1:1/name", "SELECT 1", tmp_path)

    assert "geheim" not in str(caught.value)
