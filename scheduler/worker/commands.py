"""The keeper of this worker's commands. A single one is ended through `worker.interruption`."""

from functools import cache

from scheduler.keeper import Keeper
from scheduler.settings import environment


@cache
def keeper() -> Keeper:
    """Return the one of this process; it is started with the first command."""
    return Keeper(environment())
