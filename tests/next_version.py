"""The version after this one, for tests: all that it stores and sends has the next number.

Beat: `celery -A scheduler beat -S tests.next_version:Scheduler`. Worker: `celery -A tests.next_version worker`. It has
to be imported first in its process.
"""

import sys

from scheduler.jobs import message
from scheduler.store import form
from scheduler.timetable import stored

assert "scheduler.store.entry" not in sys.modules, "this version is already loaded here"
form.FORM_VERSION += 1
form.ROW_VERSION += 1
stored.VERSION += 1
message.CURRENT_VERSION = message.CURRENT_VERSION + 1

from scheduler.beat import Scheduler  # noqa: E402
from scheduler.celery import app  # noqa: E402


@app.task(name="tests.next")
def a_new_task() -> None:
    """Do what the version before this one has no task for."""


__all__ = ["Scheduler", "app"]
