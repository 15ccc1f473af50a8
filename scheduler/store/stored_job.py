"""A job of the file in the form in which it lies in Redis. RedBeat reads it; making it needs no RedBeat."""

import hashlib
import json
import uuid
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring_ascii as _text
from typing import Any, NamedTuple

from scheduler.jobs import Job, message
from scheduler.store.clock import score
from scheduler.store.extra import Extra
from scheduler.store.priority import MOST_URGENT
from scheduler.timetable import Timetable
from scheduler.timetable.stored import stored_text


class StoredJob(NamedTuple):
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


class _Schedule(NamedTuple):
    # Held so that its id, by which it is known, stays its own.
    timetable: Timetable
    when: str
    name: str
    score: float


@dataclass(slots=True)
class JobForms:
    """Makes the stored forms of one file's jobs, most of which share their parts. New jobs begin `now`."""

    now: datetime
    _schedules: dict[tuple[int, bool], _Schedule] = field(default_factory=dict)
    _extras: dict[Hashable, str] = field(default_factory=dict)
    _options: dict[Hashable, tuple[str, str]] = field(default_factory=dict)

    def of(self, job: Job) -> StoredJob:
        """Return the form of a job."""
        schedule = self._schedules.get((id(job.timetable), job.enabled)) or self._schedule(job)
        extra = self._extra(job)
        call, name = job.call, _text(job.name)
        args = json.dumps(call.args) if call.args else "[]"
        kwargs = json.dumps(call.kwargs) if call.kwargs else "{}"
        before, after = self._options_of(job)
        definition = (
            f'{{"name": {name}, "task": {_text(call.name)}, "args": {args}, "kwargs": {kwargs}, '
            f'"options": {before}{name}{after}, {schedule.when}}}'
        )
        revision = f"{schedule.name}.{_digest(definition + extra, 8)} {job.priority} {job.queue or ''}"
        return StoredJob(job.name, revision, definition, extra, schedule.score)

    def _schedule(self, job: Job) -> _Schedule:
        timetable = job.timetable
        following = timetable.next(self.now) if job.enabled else None
        when = f'"schedule": {stored_text(timetable)}, "enabled": {"true" if job.enabled else "false"}'
        first = score(following.dispatch if following else None)
        made = self._schedules[id(timetable), job.enabled] = _Schedule(timetable, when, _digest(when, 6), first)
        return made

    def _extra(self, job: Job) -> str:
        late, overlap = job.catch_up, job.overlap
        said = (late.policy, late.within, overlap.policy, overlap.limit, job.priority, job.expires)
        key = (*said, job.on_lost, job.retries.max, *job.uses.items())
        text = self._extras.get(key)
        if text is None:
            text = self._extras[key] = Extra.of_job(job).text
        return text

    def _options_of(self, job: Job) -> tuple[str, str]:
        """Return the options up to and after the job's name."""
        again = job.retries
        retries = (again.max, again.backoff, again.max_backoff, again.jitter, *again.on) if again.max else ()
        key = (job.timezone, job.priority, job.queue, job.timeout, retries)
        pieces = self._options.get(key)
        if pieces is None:
            before, _, after = json.dumps(_options(job)).partition(_NAME)
            pieces = self._options[key] = before, after
        return pieces


# The name of a job is the first text in the options, and no character of it needs to be escaped.
_NAME = json.dumps(uuid.uuid4().hex)


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


def _options(job: Job) -> dict[str, Any]:
    """Return the options of the job with a blank for its name."""
    headers = {message.JOB: json.loads(_NAME), message.TIMEZONE: job.timezone, message.VERSION: message.CURRENT_VERSION}
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
