"""The Celery task `scheduler.cleanup`."""

import os
import pwd
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Task, shared_task

from scheduler.clock import SystemClock
from scheduler.jobs import Cleanup
from scheduler.jobs.message import CLEANUP
from scheduler.settings import Settings
from scheduler.tasks.arguments import read_arguments
from scheduler.tasks.cleanup.clean import clean
from scheduler.tasks.cleanup.protected import Folders
from scheduler.worker import current_run


@shared_task(name=CLEANUP, bind=True)
def run_cleanup(self: Task[Any, Any], cleanup: dict[str, Any]) -> dict[str, Any]:
    """Remove old files. Their age is counted from now: a run that comes late finds more of them old."""
    arguments = read_arguments(Cleanup, "cleanup", cleanup)
    settings = Settings.read(self.app.conf)
    folders = Folders(settings.output, settings.data, homes())
    return clean(arguments, current_run.template_context(), folders, SystemClock().now())


def homes() -> tuple[Path, ...]:
    """Return the home folder as HOME has it and as the user database has it; containers may have either."""
    found = [os.path.expanduser("~")]  # noqa: PTH111 - Path.home() raises where neither is known
    # Container platforms give out uids that no user database knows.
    with suppress(KeyError):
        found.append(pwd.getpwuid(os.getuid()).pw_dir)
    return tuple(Path(home) for home in found if Path(home).is_absolute())
