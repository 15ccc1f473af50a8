"""The last run of each job, if a server tells it at once: a command that reads the file waits for nobody."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scheduler.settings import Settings
from scheduler.store.server import ServerError, find_server

if TYPE_CHECKING:
    from scheduler.store.runs.row import Row

_ANSWER_SECONDS = 1.0
# Of a server that has answered.
_READ_SECONDS = 30.0


def last_runs(settings: Settings, jobs: Sequence[str]) -> "dict[str, Row]":
    """Return the run of each job that ended last, or was last dispatched to workers that keep no ledger.

    Nothing where there is no server, or none that answers within a second.
    """
    try:
        url = find_server(settings)
    except ServerError:
        return {}
    # redis-py takes longer to import than the command takes to run, where there is a server at all.
    from scheduler.cli.last_look import LastLook

    look = LastLook(url, settings.key_prefix, jobs)
    # Not by time limits of the connection: looking up a name has none.
    threading.Thread(target=look.take, daemon=True).start()
    if look.answered.wait(_ANSWER_SECONDS) and look.done.wait(_READ_SECONDS):
        return look.found
    return {}
