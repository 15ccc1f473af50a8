"""The occurrences of several jobs as one line of time, and those that their calendars take out of it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from heapq import merge
from typing import NamedTuple

from scheduler.cli.when import local_date
from scheduler.jobs import Job
from scheduler.timetable import Occurrence, Skip


class Coming(NamedTuple):
    """A job and one of its occurrences."""

    job: Job
    occurrence: Occurrence

    @property
    def at(self) -> datetime:
        """When beat dispatches it."""
        return self.occurrence.dispatch


class Skipped(NamedTuple):
    """A job and one day on which it would run if no calendar kept it off."""

    job: Job
    skip: Skip

    @property
    def at(self) -> datetime:
        """The first time of the day that is skipped."""
        return self.skip.nominal

    @property
    def day(self) -> date:
        """The date in the job's zone."""
        return local_date(self.skip.nominal, self.job.timezone)


def coming(jobs: Iterable[Job], mark: datetime) -> Iterator[Coming]:
    """Yield what is dispatched strictly after the mark, in time order, then in the order of the jobs."""
    return merge(*(_of(job, mark) for job in jobs), key=lambda item: item.at)


def next_of_each(jobs: Iterable[Job], mark: datetime) -> list[Coming]:
    """Return the first of each job strictly after the mark, in time order; a job without one is left out."""
    firsts = (next(_of(job, mark), None) for job in jobs)
    return sorted((first for first in firsts if first), key=lambda item: item.at)


def skipped(jobs: Iterable[Job], after: datetime, until: datetime) -> Iterator[Skipped]:
    """Yield what is skipped in (after, until], in time order, then in the order of the jobs."""
    return merge(*(_skipped_of(job, after, until) for job in jobs if job.timetable.days), key=lambda item: item.at)


def _skipped_of(job: Job, after: datetime, until: datetime) -> Iterator[Skipped]:
    return (Skipped(job, skip) for skip in job.timetable.skips(after, until))


def _of(job: Job, mark: datetime) -> Iterator[Coming]:
    while (occurrence := job.timetable.next(mark)) is not None:
        yield Coming(job, occurrence)
        mark = occurrence.dispatch
