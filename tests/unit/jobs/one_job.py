"""A file of one job."""

from datetime import datetime

from scheduler.jobs import Job

JOB = "jobs:\n  a:\n    task: x\n    {}\n"


def job(read, lines: str, top: str = "") -> Job:
    return read(f"{top}\n{JOB.format(lines)}").file.jobs["a"]


def first(job: Job, since: str) -> str:
    coming = job.timetable.next(datetime.fromisoformat(since))
    assert coming is not None
    return coming.nominal.isoformat()
