"""How long `scheduler next` takes to answer, as a multiple of importing the libraries that it stands on.

    python benchmarks/cli_start.py [--rounds 15]

Both sides run alternately, so that a busy machine slows both; the medians are compared. Exits with 1 over 3x.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 3.0
JOBS = 20
IMPORTS = [sys.executable, "-c", "import click, yaml, pydantic"]
NEXT = [sys.executable, "-m", "scheduler", "next"]

JOB = """\
  job-{number}:
    description: The sales of the day before
    cron: "{number} 7 * * mon-fri"
    timezone: Europe/Berlin
    report:
      database: sqlite://
      query: SELECT 1 AS one
      params: {{day: "{{{{ occurrence.date - 1d }}}}"}}
      deliver:
        - file: sales/{{{{ occurrence.date }}}}.csv
"""


def seconds(command: list[str], folder: Path) -> float:
    """Return the wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Measure, print the ratio, and return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = "".join(JOB.format(number=number) for number in range(JOBS))
        (folder / "schedules.yaml").write_text(f"jobs:\n{jobs}")
        pairs = [(seconds(IMPORTS, folder), seconds(NEXT, folder)) for _ in range(rounds + 1)]
    # The first round warms the caches of the file system.
    imports, ours = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    print(f"import click, yaml, pydantic: {imports * 1000:6.1f} ms")
    print(f"scheduler next, {JOBS} jobs:     {ours * 1000:6.1f} ms")
    print(f"ratio: {ours / imports:.2f} (limit {LIMIT:.0f}, {rounds} rounds)")
    return 0 if ours <= LIMIT * imports else 1


if __name__ == "__main__":
    sys.exit(main())
