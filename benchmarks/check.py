"""How long `scheduler check` takes on a large file, as a multiple of PyYAML's C composer on the same bytes.

    python benchmarks/check.py [--jobs 10000] [--rounds 5]

Our side is the whole process, from the interpreter's start to its end; the composer's is the call alone. Both run
alternately, so that a busy machine slows both; the medians are compared. Exits with 1 over 3x for the first file.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 3.0
COMPOSER = """
import sys, time, yaml
text = open(sys.argv[1], encoding="utf-8").read()
start = time.perf_counter()
yaml.compose(text, Loader=yaml.CSafeLoader)
print(time.perf_counter() - start)
"""
TASK = """\
  job-{n:06}:
    description: Export number {n}
    cron: "{minute} {hour} * * *"
    task: app.tasks.export
    args: [{n}]
    queue: exports
"""
REPORT = """\
  report-{n:06}:
    owner: data-team
    cron: "{minute} {hour} {day} {month} *"
    timezone: Europe/Paris
    timeout: 20m
    report:
      database: ${{WAREHOUSE_URL:-sqlite://}}
      query: SELECT day, revenue FROM sales WHERE day = :day
      params: {{day: "{{{{ occurrence.date - 1d }}}}"}}
      deliver:
        - file: reports/sales-{{{{ occurrence.date }}}}.csv
"""


def job(form: str, n: int) -> str:
    """Return one job of the form, its schedule chosen by its number."""
    return form.format(n=n, minute=n % 60, hour=n // 60 % 24, day=n // 1440 % 28 + 1, month=n % 12 + 1)


def compose_seconds(path: Path) -> float:
    """Return what the composer says of itself."""
    done = subprocess.run([sys.executable, "-c", COMPOSER, path], check=True, capture_output=True, text=True)
    return float(done.stdout)


def check_seconds(path: Path) -> float:
    """Return the wall time of a whole process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "scheduler", "check", path], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def ratio(name: str, path: Path, rounds: int) -> float:
    """Measure both sides, print them, and return ours by theirs."""
    pairs = [(compose_seconds(path), check_seconds(path)) for _ in range(rounds + 1)]
    # The first round warms the caches of the file system.
    theirs, ours = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    print(f"{name:24} compose {theirs * 1000:7.0f} ms   check {ours * 1000:7.0f} ms   ratio {ours / theirs:.2f}")
    return ours / theirs


def main() -> int:
    """Measure a file of tasks (six lines a job, the one with the limit) and one of reports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for name, form in (("tasks", TASK), ("reports", REPORT)):
            path = Path(folder) / f"{name}.yaml"
            path.write_text("jobs:\n" + "".join(job(form, n) for n in range(options.jobs)))
            ratios.append(ratio(f"{options.jobs} {name}", path, options.rounds))
    print(f"limit {LIMIT:.0f} for tasks, {options.rounds} rounds")
    return 0 if ratios[0] <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
