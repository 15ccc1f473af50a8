"""A digest of what a file says: the same for the same jobs, whatever its comments and the order of its keys."""

import hashlib
from collections.abc import Iterable

from scheduler.jobs.job import Job


def content_digest(jobs: Iterable[Job]) -> str:
    """Return a short text for these jobs, another one for any others. Where they stand in the file does not count."""
    digest = hashlib.blake2b(digest_size=12)
    # What says no more than what holds anyway is left out: a version that knows more keys finds the same content.
    for text in sorted(job.model_dump_json(exclude={"line"}, exclude_defaults=True) for job in jobs):
        digest.update(text.encode())
    return digest.hexdigest()
