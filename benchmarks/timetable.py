"""How long the next run of a cron expression takes, against the libraries that people use otherwise.

    python benchmarks/timetable.py [--rounds 5] [--starts 200] [--schedules 100000]

Every side gets its schedules parsed beforehand and answers for the same instants; the sides take turns, so that a
busy machine slows all of them, and the best round of each counts. Ours answers in Europe/Berlin, clock changes
included; cronsim, croniter and Celery get the easier task of answering in UTC, APScheduler its usual zoned one.
croniter and APScheduler are measured where they are installed. Exits with 1 unless our median is the lowest and
scoring is faster than Celery's.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from celery import Celery
from celery.schedules import crontab  # noqa: TID251 - to measure against
from cronsim import CronSim

from scheduler.timetable import Cron

EXPRESSIONS = (
    "* * * * *",
    "*/5 * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "0 */2 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "0 9 * * mon-fri",
    "*/10 8-18 * * mon-fri",
    "0 0 * * sun",
    "0 0 1 * *",
    "15 4 1,15 * *",
)
ZONE = "Europe/Berlin"
FIRST = datetime(2026, 1, 1, 0, 3, 20, tzinfo=UTC)
OPTIONAL = {"croniter": "croniter", "apscheduler": "APScheduler"}

Answer = Callable[[datetime], object]
Maker = Callable[[str], Answer]


def ours(expression: str) -> Answer:
    return Cron(expression, ZONE).after


def plain_cronsim(expression: str) -> Answer:
    simulation = CronSim(expression, FIRST)

    def answer(instant: datetime) -> datetime:
        simulation.dt = instant.replace(microsecond=0)
        return next(simulation)

    return answer


def celery_crontab(app: Celery, expression: str) -> Answer:
    minute, hour, day, month, weekday = expression.split()
    return crontab(minute, hour, weekday, day, month, nowfun=lambda: FIRST, app=app).remaining_estimate


def croniter_next(expression: str) -> Answer:
    from croniter import croniter  # type: ignore[import-untyped]

    iterator = croniter(expression, FIRST)

    def answer(instant: datetime) -> object:
        iterator.set_current(instant, force=True)
        return iterator.get_next(datetime)

    return answer


def apscheduler_next(expression: str) -> Answer:
    from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

    return partial(CronTrigger.from_crontab(expression, ZONE).get_next_fire_time, None)


def sides() -> dict[str, Maker]:
    """Return what is installed, by name; ours comes first."""
    app = Celery(set_as_current=False)
    app.conf.update(timezone="UTC", enable_utc=True)
    found: dict[str, Maker] = {"scheduler": ours, "cronsim": plain_cronsim, "celery": partial(celery_crontab, app)}
    for name, maker in (("croniter", croniter_next), ("apscheduler", apscheduler_next)):
        if importlib.util.find_spec(name) is None:
            print(f"{OPTIONAL[name]} is not installed; to measure it as well: pip install {OPTIONAL[name]}")
        else:
            found[name] = maker
    return found


def microseconds(answer: Answer, starts: list[datetime]) -> float:
    """Return the time of one call."""
    begin = time.perf_counter()
    for start in starts:
        answer(start)
    return (time.perf_counter() - begin) / len(starts) * 1e6


def compare(rounds: int, starts: list[datetime]) -> bool:
    """Print a row for each expression and the medians; return whether ours is the lowest."""
    makers = sides()
    width = max(map(len, EXPRESSIONS))
    print(f"\n{'µs for the next run':{width}}", *(f"{name:>12}" for name in makers))
    columns: dict[str, list[float]] = {name: [] for name in makers}
    for expression in EXPRESSIONS:
        answers = {name: make(expression) for name, make in makers.items()}
        timed = [{name: microseconds(answer, starts) for name, answer in answers.items()} for _ in range(rounds)]
        for name, column in columns.items():
            column.append(min(one[name] for one in timed))
        print(f"{expression:{width}}", *(f"{column[-1]:12.2f}" for column in columns.values()))
    medians = {name: statistics.median(column) for name, column in columns.items()}
    mine = medians["scheduler"]
    print(f"{'median':{width}}", *(f"{median:12.2f}" for median in medians.values()))
    print(f"{'times ours':{width}}", *(f"{median / mine:11.1f}x" for median in medians.values()))
    return all(mine < median for name, median in medians.items() if name != "scheduler")


def score(count: int) -> bool:
    """Score that many schedules as a beat does after it starts; return whether Celery takes longer."""
    begin = time.perf_counter()
    crons = [Cron(f"{n % 60} {n // 60 % 24} * * {n // 1440 % 7}", ZONE) for n in range(count)]
    built = time.perf_counter() - begin
    app = Celery(set_as_current=False)
    # A thousand of Celery's are asked in turn: a hundred thousand would take over a gigabyte.
    theirs = [celery_crontab(app, f"{n % 60} {n // 60 % 24} * * {n % 7}") for n in range(1000)]
    begin = time.perf_counter()
    for cron in crons:
        cron.after(FIRST)
    mine = time.perf_counter() - begin
    begin = time.perf_counter()
    for n in range(count):
        theirs[n % 1000](FIRST)
    other = time.perf_counter() - begin
    print(f"\n{count:,} schedules scored: scheduler {mine:.2f} s, celery's remaining_estimate {other:.2f} s", end="")
    print(f" ({other / mine:.1f}x); reading ours took {built:.2f} s")
    return mine < other


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="The next run of a cron expression, against other libraries.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=200, help="how many instants, spread over a year")
    parser.add_argument("--schedules", type=int, default=100_000)
    options = parser.parse_args()
    starts = [FIRST + n * timedelta(days=365) / options.starts for n in range(options.starts)]
    is_lowest = compare(options.rounds, starts)
    is_faster = score(options.schedules)
    return 0 if is_lowest and is_faster else 1


if __name__ == "__main__":
    raise SystemExit(main())
