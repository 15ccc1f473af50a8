"""A digest of what a file says: the same for the same jobs, whatever its comments and the order of its keys."""

import hashlib
import json

from scheduler.jobs.job import ScheduleFile
from scheduler.timetable import stored


def content_digest(file: ScheduleFile) -> str:
    """Return a short text for these jobs and pools, another one for any others. Where they stand does not count."""
    digest = hashlib.blake2b(json.dumps(file.pools, sort_keys=True).encode(), digest_size=12)
    # The form in which a later version stores the same schedule makes it no other one.
    form = f'"__type__":"{stored.TYPE}","v":{stored.VERSION},'
    # What says no more than what holds anyway is left out: a version that knows more keys finds the same content.
    for text in sorted(job.model_dump_json(exclude={"line"}, exclude_defaults=True) for job in file.jobs.values()):
        digest.update(text.replace(form, "").encode())
    return digest.hexdigest()
