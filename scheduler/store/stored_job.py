"""A job of the file in the form in which it lies in Redis. RedBeat reads it; making it needs no RedBeat."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scheduler.jobs import Job, message
from scheduler.store.clock import score
from scheduler.store.extra import MOST_URGENT, Extra
from scheduler.timetable import Timetable, to_stored


@dataclass(frozen=True, slots=True)
class StoredJob:
    """`definition` is RedBeat's, `extra` holds what RedBeat has no word for; both are JSON.

    `revision` is `SCHEDULE.REST PRIORITY QUEUE`: a name for the schedule, one for this definition, the priority, and
    the queue if the job names one. Two revisions that begin alike up to the dot have the same schedule. `score` is that
    of a new job.
    """

    name: str
    revision: str
    definition: str
    extra: str
    score: float


@dataclass(frozen=True, slots=True)
class _Schedule:
    # Held so that its id, by which it is known, stays its own.
    timetable: Timetable
    stored: str
    score: float


@dataclass(slots=True)
class JobForms:
    """Makes the stored forms of one file's jobs, most of which share their timetables. New jobs begin `now`."""

    now: datetime
    _schedules: dict[int, _Schedule] = field(default_factory=dict)

    def of(self, job: Job) -> StoredJob:
        """Return the form of a job."""
        schedule = self._schedules.get(id(job.timetable)) or self._schedule(job.timetable)
        fields = {
            "name": job.name,
            "task": job.call.name,
            "args": job.call.args,
            "kwargs": job.call.kwargs,
            "options": _options(job),
        }
        when = f'"schedule": {schedule.stored}, "enabled": {"true" if job.enabled else "false"}'
        definition = f"{json.dumps(fields)[:-1]}, {when}}}"
        extra = Extra.of_job(job).text
        revision = f"{_digest(when, 6)}.{_digest(definition + extra, 8)} {job.priority} {job.queue or ''}"
        return StoredJob(job.name, revision, definition, extra, schedule.score if job.enabled else score(None))

    def _schedule(self, timetable: Timetable) -> _Schedule:
        following = timetable.next(self.now)
        first = score(following.dispatch if following else None)
        made = self._schedules[id(timetable)] = _Schedule(timetable, json.dumps(to_stored(timetable)), first)
        return made


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def _options(job: Job) -> dict[str, Any]:
    headers = {message.JOB: job.name, message.TIMEZONE: job.timezone, message.VERSION: message.CURRENT_VERSION}
    if job.retries.max:
        headers[message.RETRIES] = job.retries.policy.header()
    # Celery's Redis transport serves the lowest number first.
    options: dict[str, Any] = {"headers": headers, "priority": MOST_URGENT - job.priority}
    if job.queue is not None:
        options["queue"] = job.queue
    if job.timeout is not None:
        seconds = job.timeout.total_seconds()
        options["soft_time_limit"] = seconds
        # The hard limit leaves a task that heeds the soft one time to tidy up.
        options["time_limit"] = seconds + min(30.0, max(5.0, seconds / 10))
    return options
