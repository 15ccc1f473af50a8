"""How a run can end that neither succeeds nor fails by itself. A task that ends itself for such a reason raises it."""

from celery.exceptions import SoftTimeLimitExceeded

from scheduler.errors import SchedulerError


class RunTimedOut(SchedulerError, SoftTimeLimitExceeded):
    """The time of a run was up. For Celery it is what its own time limit raises."""

    def __str__(self) -> str:
        return SchedulerError.__str__(self)


class RunCancelled(SchedulerError):
    """Somebody cancelled the run."""


class RunStopped(SchedulerError):
    """The worker stopped, and had no more time to give."""


class TaskLeft(SchedulerError):
    """Stands in for SystemExit, which pools without processes do not survive, or never acknowledge."""
