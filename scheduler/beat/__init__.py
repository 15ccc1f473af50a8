"""Dispatch: the RedBeat scheduler of this project. `celery beat -S scheduler.beat:Scheduler` runs it in any project."""

from scheduler.beat.scheduler import Scheduler

__all__ = ["Scheduler"]
