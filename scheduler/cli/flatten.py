"""What `jitter` would make of a minute in which many jobs start: worked out by giving it to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from scheduler.jobs import Job
from scheduler.jobs.minutes import MINUTE, begin, jobs_in, jobs_per_minute
from scheduler.timetable import Cron, Jitter, Timetable
from scheduler.timetable.schedule import INSTANT

# Two or three jobs at once are no herd.
_FEW = 3
_LENGTHS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120))


class Flattened(NamedTuple):
    """Of the `jobs` of this minute, `spread` with a jitter of `length` would leave at most `leaves` in any minute."""

    minute: int
    jobs: int
    spread: Sequence[Job]
    length: timedelta
    leaves: int


def flatten(minute: int, jobs: Sequence[Job]) -> Flattened | None:
    """Look for the jitter that flattens the minute; None where there is nothing to gain."""
    crowd = list(jobs_in(minute, jobs))
    if len(crowd) <= _FEW:
        return None
    room = _room(crowd)
    length = _length(crowd, room)
    spread = [job for job in crowd if length < room[id(job.timetable)]]
    if not spread:
        return None
    names = {job.name for job in spread}
    moved = [job.model_copy(update={"timetable": _with_jitter(job, length)}) for job in spread]
    others = [job for job in jobs if job.name not in names]
    after = jobs_per_minute((*others, *moved), begin(minute) - INSTANT, begin(minute + 1) + length)
    leaves = max(after.values(), default=0)
    return Flattened(minute, len(crowd), spread, length, leaves) if leaves < len(crowd) else None


def _room(crowd: Sequence[Job]) -> dict[int, timedelta]:
    """Return by timetable what a jitter must be shorter than."""
    timetables = {id(job.timetable): job.timetable for job in crowd}
    return {
        known: timedelta(0) if timetable.spread else timetable.smallest_interval() or timedelta.max
        for known, timetable in timetables.items()
    }


def _length(crowd: Sequence[Job], room: dict[int, timedelta]) -> timedelta:
    """Return the shortest length that promises the lowest peak, and no more than two minutes for each job."""
    wanted = next((length for length in _LENGTHS if length >= 2 * len(crowd) * MINUTE), _LENGTHS[-1])

    def promised(length: timedelta) -> float:
        spread = sum(length < room[id(job.timetable)] for job in crowd)
        return len(crowd) - spread + spread / (length / MINUTE)

    return min((length for length in _LENGTHS if length <= wanted), key=promised)


def _with_jitter(job: Job, length: timedelta) -> Timetable:
    schedule = job.timetable.schedule
    seed = schedule.seed if isinstance(schedule, Cron) and schedule.seed else job.name
    return replace(job.timetable, spread=Jitter(length, seed))
