"""How fast a file of jobs is installed, with real beats, and what else the beat does meanwhile.

    python benchmarks/install.py [first] [saved] [--jobs 100000] [--saves 5000] [--repeat 5]

`first`: a first file of jobs under a beat that leads, once with the minutes of a week for schedules, which the jobs
share, and once with a cron of its own for each job. Timed are reading the file (YAML, checks, timetables, the digest of
what it says), laying the jobs down in Redis (their stored forms, the time of each first run, what is there already) and
carrying them out (until the beat has put them in force). Beside it, in the same run and on the same server,
`RedBeatSchedulerEntry.save()` of stock RedBeat, as often as `--saves` says; its entries and schedules are made before
that. It reads no file: what counts is the rate without reading, of schedules that are shared; the others are shown.
Then `scheduler apply` brings one job more, which runs each second, and the idle beat is looked at.

`saved`: a file of 5,000 and of 10,000 jobs, each of which every save changes, but for 20 that run each second. Timed
from the rename that puts the file there until its jobs are in force; and how late the 20 are meanwhile, and without it.

Exits with 1 below 10 times stock, where a save takes longer than 2 s (5,000 jobs) or 5 s (10,000) by the median, where
a run is more than 50 ms later meanwhile than runs are without, or where the idle beat needs 3 % of a core or 250 MB.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.experiments.first_install import OneMore, Rate, Stock, first_install, one_more, shared_jobs, stock_saves
from benchmarks.experiments.saved_file import Lateness, Saved, measure_saves
from benchmarks.experiments.scale import resident_jobs
from benchmarks.experiments.testbed import Testbed, set_up

LEAST_RATIO = 10.0
LONGEST = {5_000: 2.0, 10_000: 5.0}
MOST_DELAYED_MS = 50.0
MOST_LATE = 0.1
MOST_CPU_PERCENT = 3.0
MOST_MEMORY_MB = 250.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["first", "saved"], metavar="first|saved")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--saves", type=int, default=5_000, help="saves of stock RedBeat that are measured")
    parser.add_argument("--repeat", type=int, default=5, help="saves of each file that are measured")
    options = parser.parse_args()
    holds = True
    if "first" in options.parts:
        for words, text in (("a cron of its own", resident_jobs), ("the minutes of a week", shared_jobs)):
            with leading() as (bed, folder):
                file = folder / "many.yaml"
                rate, stock = first_install(bed, file, text(options.jobs)), stock_saves(bed, options.saves)
                is_fast = show_first(f"{options.jobs:,} jobs, {words}", rate, stock)
                if text is shared_jobs:
                    holds &= is_fast
                    holds &= show_one_more(one_more(bed, file, options.jobs))
    if "saved" in options.parts:
        for jobs, longest in LONGEST.items():
            with leading() as (bed, _):
                holds &= show_saved(jobs, measure_saves(bed, bed.file, jobs, options.repeat), longest)
    return 0 if holds else 1


@contextmanager
def leading() -> Iterator[tuple[Testbed, Path]]:
    """A beat that leads, without a job yet, and an empty folder."""
    with tempfile.TemporaryDirectory(prefix="install-") as folder, set_up("jobs: {}\n") as bed:
        bed.lead()
        yield bed, Path(folder)


def show_first(what: str, rate: Rate, stock: Stock) -> bool:
    with_reading = rate.read + rate.stored
    print(f"{what}, the first file: microseconds for each job")
    print(f"  read {rate.read:.0f}, laid down {rate.laid_down:.0f}, carried out {rate.carried_out:.0f}")
    print(f"  stock RedBeat   {stock.stored:6.0f}")
    print(f"  without reading {rate.stored:6.0f}  {stock.stored / rate.stored:5.1f} x stock")
    print(f"  with reading    {with_reading:6.0f}  {stock.stored / with_reading:5.1f} x stock")
    share = stock.processor / rate.processor
    print(
        f"  processor time  {rate.processor:6.0f}  {share:5.1f} x stock, which spends {stock.processor:.0f}", flush=True
    )
    return stock.stored / rate.stored >= LEAST_RATIO


def show_one_more(one: OneMore) -> bool:
    most = sorted(one.commands.items(), key=lambda item: -item[1])[:8]
    named = ", ".join(f"{calls:,} {name}" for name, calls in most)
    print(
        f"one job more by `scheduler apply`: {one.seconds:.1f} s with reading; its runs {one.late:.3f} s late at most"
    )
    print(f"  commands of Redis meanwhile: {sum(one.commands.values()):,} ({named})")
    print(f"  the beat at rest: {one.cpu:.1f} % of a core, {one.memory:.0f} MB (at most {one.peak:.0f} MB)", flush=True)
    return one.late <= MOST_LATE and one.cpu < MOST_CPU_PERCENT and one.memory < MOST_MEMORY_MB


def show_saved(jobs: int, saved: Saved, longest: float) -> bool:
    each = ", ".join(f"{seconds:.2f}" for seconds in saved.seconds)
    delayed = saved.meanwhile.most - saved.still.p50
    print(f"a saved file of {jobs:,} jobs is in force after {saved.median:.2f} s by the median ({each})")
    print(f"  late without saves: {_late(saved.still)}")
    print(f"  late meanwhile:     {_late(saved.meanwhile)}; delayed by at most {delayed:.1f} ms", flush=True)
    return saved.median <= longest and delayed <= MOST_DELAYED_MS


def _late(late: Lateness) -> str:
    return f"p50 {late.p50:.1f} ms, p99 {late.p99:.1f} ms, most {late.most:.1f} ms of {late.count}"


if __name__ == "__main__":
    sys.exit(main())
