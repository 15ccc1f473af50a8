"""What stops a task, in words for the person who wrote the job."""

from scheduler.errors import SchedulerError


class TaskError(SchedulerError):
    """Work that could not be done: where, what, and what was expected. Its text holds no password."""
