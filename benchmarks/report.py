"""How fast a report is written, and in how much memory: `python benchmarks/report.py [--rows N] [URL …]`.

Each database answers 5,000,000 rows in a fresh process. PostgreSQL and MariaDB are looked for on their usual
ports, or where SCHEDULER_TEST_POSTGRESQL_URL and SCHEDULER_TEST_MYSQL_URL say.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

LIMIT_MB = 150
URLS = (
    "sqlite://",
    os.environ.get("SCHEDULER_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    os.environ.get("SCHEDULER_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test"),
)

# Joins of ten digits: the one way to many rows that all three databases stream, without a table of ours.
QUERY = """
WITH d(n) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
numbers(n) AS (SELECT a.n * 1000000 + b.n * 100000 + c.n * 10000 + e.n * 1000 + f.n * 100 + g.n * 10 + h.n
  FROM d a, d b, d c, d e, d f, d g, d h)
SELECT n AS id, 'customer' AS kind, n * 0.25 AS amount, :day AS day,
  CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'paid' ELSE 'open, since "spring"' END AS state
FROM numbers WHERE n < :rows
"""


def measure(url: str, rows: int) -> None:
    """Write one report in this process and print one line about it."""
    from scheduler.jobs import Report
    from scheduler.jobs.template import TemplateContext
    from scheduler.tasks.report.write import write_report

    context = TemplateContext("benchmark", "1", datetime(2026, 3, 1, 6, tzinfo=UTC), None, "Europe/Berlin")
    params = {"day": "{{ occurrence.date }}", "rows": rows}
    report = Report.model_validate(
        {"database": url, "query": QUERY, "params": params, "deliver": [{"file": "rows.csv"}]}
    )
    with tempfile.TemporaryDirectory() as output:
        start = time.perf_counter()
        summary = write_report(report, context, Path(output))
        seconds = time.perf_counter() - start
    assert summary["rows"] == rows
    megabytes = peak_megabytes()
    print(
        f"{url.partition(':')[0]:<22}{rows:>10,} rows{seconds:>8.1f} s{rows / seconds:>12,.0f} rows/s"
        f"{summary['bytes'] / 1e6:>8.0f} MB written{megabytes:>6.0f} MB resident at most"
    )
    if megabytes > LIMIT_MB:
        sys.exit(f"more than {LIMIT_MB} MB")


def peak_megabytes() -> float:
    """The most memory that this process has had resident; Linux counts it in KiB, macOS in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage() would also count what the process that started this one held before it became this program.
        found = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def is_reachable(url: str) -> bool:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        create_engine(url).connect().close()
    except (SQLAlchemyError, ImportError) as error:
        print(f"{url.partition(':')[0]:<22}not reachable: {str(error).splitlines()[0]}")
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--here", action="store_true", help="measure in this very process")
    parser.add_argument("urls", nargs="*", default=URLS)
    arguments = parser.parse_args()
    if arguments.here:
        measure(arguments.urls[0], arguments.rows)
        return 0
    command = [sys.executable, __file__, "--here", "--rows", str(arguments.rows)]
    return max(subprocess.run([*command, url], check=False).returncode for url in arguments.urls if is_reachable(url))


if __name__ == "__main__":
    sys.exit(main())
