"""What a file changes: its jobs against those that are installed."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.jobs import Job
from scheduler.store.staged import Put, Remove
from scheduler.store.stored_job import JobForms

Change = Put | Remove


@dataclass(slots=True)
class Difference:
    """The names of jobs, by what becomes of them. A renamed one stands with its former name, and nowhere else."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed)


class Comparison:
    """Goes through the jobs of a file once, and notes what it finds in `difference`.

    `installed` are the revisions by name. New jobs begin `now`. `queues` counts the jobs that will run, by the queue
    that they name; under no name those that name none.
    """

    def __init__(self, jobs: Collection[Job], installed: Mapping[str, str], now: datetime) -> None:
        self.difference = Difference()
        self.queues: Counter[str] = Counter()
        self._jobs = jobs
        self._installed = installed
        self._forms = JobForms(now)

    def changes(self) -> Iterator[Change]:
        """Yield what is to be done, the new and changed jobs first."""
        wanted = {job.name for job in self._jobs}
        for job in self._jobs:
            change = self._put(job)
            if change is not None:
                yield change
        carried = set(self.difference.renamed.values())
        for name, revision in self._installed.items():
            if name not in wanted:
                if name not in carried:
                    self.difference.removed.append(name)
                yield Remove(name, revision)

    def _put(self, job: Job) -> Put | None:
        form = self._forms.of(job)
        if form.score >= 0:
            self.queues[job.queue or ""] += 1
        before = self._installed.get(job.name)
        if before == form.revision:
            return None
        if before is not None:
            self.difference.changed.append(job.name)
        elif former := next((name for name in job.was if name in self._installed), None):
            self.difference.renamed[job.name] = former
        else:
            self.difference.added.append(job.name)
        return Put(form, before or "", job.was)


def compare(jobs: Iterable[Job], installed: Mapping[str, str], now: datetime) -> Difference:
    """Return what the jobs of a file would change."""
    comparison = Comparison(list(jobs), installed, now)
    for _ in comparison.changes():
        pass
    return comparison.difference
