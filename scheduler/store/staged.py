"""The form in which the changes of a file lie in Redis until they are carried out: so many texts of a list for each."""

from typing import NamedTuple

from scheduler.store.stored_job import StoredJob

# `put` or `remove`, the job's name, the revision that it is expected to have, and for `put` what it becomes.
FIELDS = 8


class Put(NamedTuple):
    """A job that is new or changed. `was` are the names that a new one may have had before."""

    job: StoredJob
    expected: str
    was: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        job = self.job
        was = " ".join(self.was)
        return "put", job.name, self.expected, job.revision, job.definition, job.extra, repr(job.score), was


class Remove(NamedTuple):
    """A job that is not in the file any more."""

    name: str
    expected: str

    @property
    def texts(self) -> tuple[str, ...]:
        return "remove", self.name, self.expected, "", "", "", "", ""
