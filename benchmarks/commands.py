"""How soon do commands start? N one-line commands due in one minute, here and in three other crons.

    python benchmarks/commands.py [--jobs 500] [--repeat 1] [--packages FOLDER]... [--only NAME]

Each program gets the same commands, one after the other on the same machine, and is started well before the minute. A
command leaves a file, whose time is when it started. Debian's cron is taken from PATH; yacron and cronstable from
folders: `pip install --target FOLDER yacron`. What is not there is skipped, with the reason.

Then 200 commands that sleep are due at once: when has the last one started, and what memory does each take in the
worker and its keeper? Exits with 1 where another program is earlier, or a sleeping command starts after 3 s.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.experiments.crons import CRONS, Absent, Cron, Job
from tests.services import living, parent, read

SLEEPERS = 200
LATEST_SLEEPER = 3.0
# How long each gets to start and to read its file.
AHEAD_SECONDS = 20.0
PATIENCE_SECONDS = 120.0


class Starts(NamedTuple):
    """When commands started, in seconds after they were due."""

    median: float
    last: float
    missing: int

    @classmethod
    def of(cls, lateness: Sequence[float], wanted: int) -> "Starts":
        return cls(statistics.median(lateness), max(lateness), wanted - len(lateness))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--packages", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--only", choices=[cron.name for cron in CRONS])
    options = parser.parse_args()
    print(f"{options.jobs} commands due in one minute: seconds until they started")
    found = {}
    for cron in CRONS:
        if options.only in (None, cron.name):
            best = _measured(cron, options.jobs, options.repeat, options.packages)
            if best is not None:
                found[cron.name] = best
    ours = found.get(CRONS[0].name)
    if ours is None:
        return 0
    others = [starts for name, starts in found.items() if name != CRONS[0].name]
    is_first = all(ours.median < other.median and ours.last < other.last for other in others) and not ours.missing
    return 0 if _sleepers() <= LATEST_SLEEPER and is_first else 1


def _measured(cron: Cron, jobs: int, repeat: int, packages: Sequence[Path]) -> Starts | None:
    """Return the median of each figure, None where the program is not there."""
    rounds = []
    for _ in range(repeat):
        try:
            rounds.append(Starts.of(_round(cron, jobs, packages, ": > {file}")[0], jobs))
        except Absent as absent:
            print(f"{cron.name:14} skipped: {absent}")
            return None
        print(f"{cron.name:14} median {rounds[-1].median:6.2f}  last {rounds[-1].last:6.2f}", end="")
        print(f"  {rounds[-1].missing} did not start" if rounds[-1].missing else "", flush=True)
    return Starts(*(statistics.median(figures) for figures in zip(*rounds, strict=True)))


def _sleepers() -> float:
    line = ": > {file}; exec sleep 30"
    lateness, memory = _round(CRONS[0], SLEEPERS, (), line)
    last = max(lateness) if len(lateness) == SLEEPERS else float("inf")
    print(f"{SLEEPERS} commands that sleep 30 s, due at once: the last one started after {last:.2f} s", end="")
    print(f"; {memory / SLEEPERS / 1024:.0f} KiB each in worker and keeper")
    return last


def _round(cron: Cron, jobs: int, packages: Sequence[Path], line: str) -> tuple[list[float], int]:
    """Return how late each command started, and by how many bytes the program has grown. Raises Absent."""
    with tempfile.TemporaryDirectory(prefix="commands-") as name:
        folder, marks = Path(name), Path(name) / "marks"
        marks.mkdir()
        due = _next_minute()
        commands = [Job(line.format(file=marks / str(number)), due) for number in range(jobs)]
        with cron.running(folder, commands, packages) as pid:
            _wait_until(due.timestamp() - 1)
            before = _memory(pid)
            until = due.timestamp() + PATIENCE_SECONDS
            while sum(1 for _ in marks.iterdir()) < jobs and time.time() < until:
                time.sleep(0.2)
            grown = _memory(pid) - before
            lateness = [mark.stat().st_mtime - due.timestamp() for mark in marks.iterdir()]
        if not lateness:
            raise Absent(f"nothing started: {(folder / 'log').read_text(errors='replace')[-300:].strip()}")
        return lateness, grown


def _next_minute() -> datetime:
    """Return the minute that begins when there was time to start."""
    soon = datetime.now(UTC) + timedelta(seconds=AHEAD_SECONDS)
    return soon.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def _memory(pid: int) -> int:
    """Return the proportional memory of all Python processes from this one down, in bytes."""
    family, pids = {pid}, living()
    for _ in range(6):
        family |= {one for one in pids if parent_of(one) in family}
    return sum(_pss(one) for one in family if b"python" in read(one, "cmdline").partition(b"\0")[0])


def parent_of(pid: int) -> int:
    try:
        return parent(pid)
    except (IndexError, ValueError):
        return 0


def _pss(pid: int) -> int:
    lines = read(pid, "smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))


if __name__ == "__main__":
    sys.exit(main())
