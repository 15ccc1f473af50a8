"""The occurrences of several jobs as one line of time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import merge
from typing import NamedTuple

from scheduler.jobs import Job
from scheduler.timetable import Occurrence


class Coming(NamedTuple):
    """A job and one of its occurrences."""

    job: Job
    occurrence: Occurrence

    @property
    def at(self) -> datetime:
        """When beat dispatches it."""
        return self.occurrence.dispatch


def coming(jobs: Iterable[Job], mark: datetime) -> Iterator[Coming]:
    """Yield what is dispatched strictly after the mark, in time order, then in the order of the jobs."""
    return merge(*(_of(job, mark) for job in jobs), key=lambda item: item.at)


def next_of_each(jobs: Iterable[Job], mark: datetime) -> list[Coming]:
    """Return the first of each job strictly after the mark, in time order; a job without one is left out."""
    firsts = (next(_of(job, mark), None) for job in jobs)
    return sorted((first for first in firsts if first), key=lambda item: item.at)


def _of(job: Job, mark: datetime) -> Iterator[Coming]:
    while (occurrence := job.timetable.next(mark)) is not None:
        yield Coming(job, occurrence)
        mark = occurrence.dispatch
