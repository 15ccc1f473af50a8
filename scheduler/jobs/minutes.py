"""How many jobs run in each minute. A job counts once in a minute, however often it runs in it."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta

from scheduler.jobs.job import Job
from scheduler.timetable import EPOCH, Cron, Timetable
from scheduler.timetable.expression import parse_expression
from scheduler.timetable.schedule import INSTANT

MINUTE = timedelta(minutes=1)


def jobs_per_minute(jobs: Iterable[Job], after: datetime, until: datetime) -> Counter[int]:
    """Count the jobs that are dispatched in each minute of (after, until]. Minutes are numbered from 1970, UTC."""
    counts: Counter[int] = Counter()
    for timetable, number in shared(jobs):
        for minute in minutes(timetable, after, until):
            counts[minute] += number
    return counts


def jobs_in(minute: int, jobs: Iterable[Job]) -> Iterator[Job]:
    """Yield the jobs that are dispatched in the minute of that number."""
    start, until = begin(minute) - INSTANT, begin(minute + 1) - INSTANT
    known: dict[int, bool] = {}
    for job in jobs:
        runs = known.get(id(job.timetable))
        if runs is None:
            runs = known[id(job.timetable)] = next(minutes(job.timetable, start, until), None) is not None
        if runs:
            yield job


def shared(jobs: Iterable[Job]) -> list[tuple[Timetable, int]]:
    """Return the timetables and how many jobs go by each: those that always agree are one."""
    of_object = Counter(id(job.timetable) for job in jobs)
    by_id = {id(job.timetable): job.timetable for job in jobs}
    numbers: Counter[Hashable] = Counter()
    timetables: dict[Hashable, Timetable] = {}
    for key_of_object, number in of_object.items():
        timetable = by_id[key_of_object]
        key = _key(timetable)
        numbers[key] += number
        timetables.setdefault(key, timetable)
    return [(timetable, numbers[key]) for key, timetable in timetables.items()]


def minutes(timetable: Timetable, after: datetime, until: datetime) -> Iterator[int]:
    """Yield the number of each minute in which something is dispatched in (after, until]."""
    occurrence = timetable.next(after)
    while occurrence is not None and occurrence.dispatch <= until:
        minute = (occurrence.dispatch - EPOCH) // MINUTE
        yield minute
        occurrence = timetable.next(begin(minute + 1) - INSTANT)


def begin(minute: int) -> datetime:
    """Return the instant at which the minute of that number begins."""
    return EPOCH + minute * MINUTE


def _key(timetable: Timetable) -> Hashable:
    schedule = timetable.schedule
    if not isinstance(schedule, Cron) or not schedule.seed:
        return timetable
    # There are 60 slots of "H * * * *", however many jobs have a seed of their own.
    pattern = parse_expression(schedule.expression, schedule.seed).pattern
    parts = (timetable.starts, timetable.ends, timetable.days, timetable.spread)
    return (pattern, schedule.timezone, schedule.dst, *parts)
