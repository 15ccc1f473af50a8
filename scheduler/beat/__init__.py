"""Dispatch: the RedBeat scheduler of this project. `celery beat -S scheduler.beat:Scheduler` runs it in any project."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduler.beat.scheduler import Scheduler

__all__ = ["Scheduler"]


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: the process that reads a file (`beat.reader`) does without Celery.
    if name == "Scheduler":
        from scheduler.beat.scheduler import Scheduler

        return Scheduler
    raise AttributeError(name)
