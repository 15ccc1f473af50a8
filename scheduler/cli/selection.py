"""Which jobs of the file a command speaks of."""

from collections.abc import Sequence

import click

from scheduler.jobs import Job, ScheduleFile
from scheduler.jobs.suggestion import suggestion


def select(file: ScheduleFile, names: Sequence[str]) -> list[Job]:
    """Return the named jobs, in the order of the file; without names the enabled ones.

    Raises click.BadParameter for a name that the file does not hold.
    """
    if not names:
        return [job for job in file.jobs.values() if job.enabled]
    for name in names:
        if name not in file.jobs:
            hint = suggestion(name, file.jobs)
            raise click.BadParameter(f'{file.path} has no job "{name}"{hint}', param_hint="JOB")
    return [job for job in file.jobs.values() if job.name in names]
