"""`benchmarks/chaos.py`: each kind as a user would call it, with fewer and shorter rounds.

Where seconds are promised, which is for a quiet machine (docs/guarantees.md), the bounds here are those of a busy one.
"""

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos import KINDS
from benchmarks.experiments.ledger import WRONG
from benchmarks.experiments.skew import find_libfaketime

ROOT = Path(__file__).parents[2]
Row = dict[str, Any]

BURSTS = "--jobs 1500 --period 2"
CASES = {
    "kill": f"--rounds 2 {BURSTS}",
    "term": f"--rounds 3 {BURSTS}",
    "two-leaders": f"--rounds 3 {BURSTS}",
    "frozen": f"--rounds 1 --seconds 6 {BURSTS}",
    "redis-always": f"--rounds 2 {BURSTS}",
    "redis-everysec": f"--rounds 2 {BURSTS}",
    "clients": f"--rounds 2 {BURSTS}",
    "proxy": f"--rounds 2 {BURSTS}",
    "oom": f"--rounds 1 {BURSTS}",
    "replica": f"--rounds 2 {BURSTS}",
    "skew": "--rounds 3 --jobs 300 --period 2",
    "failover": "--rounds 1 --jobs 10",
    "handover": "--rounds 2 --jobs 10",
    "away": "--rounds 1 --jobs 20 --seconds 6",
    "hanging": "--rounds 1 --jobs 20 --seconds 8",
    "latency": "--rounds 2 --jobs 1000 --period 2",
    "scale": "--rounds 1 --jobs 2000 --seconds 3",
    "soak": "--jobs 2000 --seconds 60",
}
# Of those that need a quiet machine: what holds of each round on any.
BOUNDS: dict[str, Callable[[Row], bool]] = {
    # Whether both beats are at the same batch at the same time is a matter of chance.
    "two-leaders": lambda row: row["expected"] > 0,
    "failover": lambda row: row["late"] < 12,
    "handover": lambda row: row["late"] < 3,
    "away": lambda row: row["alive"] == 2 and row["first"] < 10,
    "hanging": lambda row: row["alive"] == 2 and row["first"] < 10,
    "latency": lambda row: 0 < row["p50"] <= row["p99"] < 2_000,
    "scale": lambda row: row["cpu_percent"] < 50 and 0 < row["memory_mb"] < 250 and row["added_late"] < 2,
}


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended, and the rounds that it wrote down."""

    code: int
    output: str
    rows: list[Row]


@pytest.fixture(scope="module")
def programs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Finished]"]]:
    """Those that were asked for, two at a time: they wait more than they work."""
    folder = tmp_path_factory.mktemp("chaos")
    ours = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    asked = {item.callspec.params.get("kind") for item in ours}
    # The longest first, beside all the others.
    kinds = sorted((kind for kind in CASES if kind in asked), key=lambda kind: kind != "soak")
    pool = ThreadPoolExecutor(max_workers=2)
    yield {kind: pool.submit(_run, kind, folder) for kind in kinds}
    pool.shutdown(cancel_futures=True)


def _run(kind: str, folder: Path) -> Finished:
    out = folder / f"{kind}.jsonl"
    command = [sys.executable, "benchmarks/chaos.py", kind, *CASES[kind].split(), "--out", str(out)]
    ended = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False
    )
    return Finished(ended.returncode, ended.stdout, [json.loads(line) for line in out.read_text().splitlines()])


@pytest.mark.parametrize("kind", sorted(set(CASES) - set(BOUNDS)))
def test_every_run_comes_as_promised(programs: dict[str, "Future[Finished]"], kind: str) -> None:
    if kind == "skew" and (find_libfaketime() is None or platform.machine() != "x86_64"):
        pytest.skip("libfaketime is not there for this machine")
    program = programs[kind].result()

    assert program.code == 0, program.output
    assert all(row["expected"] > 0 for row in program.rows)
    assert sum(row["lost"] + row["early"] + row["strange"] for row in program.rows) == 0


@pytest.mark.parametrize("kind", BOUNDS)
def test_what_is_measured_is_in_bounds_and_exact(programs: dict[str, "Future[Finished]"], kind: str) -> None:
    program = programs[kind].result()

    assert program.rows, program.output
    for row in program.rows:
        assert BOUNDS[kind](row), program.output
        assert sum(row.get(name, 0) for name in WRONG) == 0, program.output


def test_each_kind_has_a_case() -> None:
    assert set(CASES) == set(KINDS)
    assert set(BOUNDS) <= set(CASES)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param("", "the following arguments are required: KIND", id="no kind"),
        pytest.param("explode", "invalid choice: 'explode'", id="no such kind"),
        pytest.param("kill --rounds 0", 'argument --rounds: "0" is not a whole number of at least 1', id="no rounds"),
        pytest.param("kill --jobs many", 'argument --jobs: "many" is not a whole number', id="no number"),
        pytest.param("kill --resume", "--resume needs --out, the file to go on with", id="resume without a file"),
        pytest.param("kill --out /no/such/folder/x", "/no/such/folder/x: No such file or directory", id="no folder"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(arguments: str, words: str) -> None:
    command = [sys.executable, "benchmarks/chaos.py", *arguments.split()]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 2
    assert words in ended.stderr
