"""What keeps the service from starting."""

from scheduler.errors import SchedulerError


class UpError(SchedulerError):
    """The service cannot start as things are; the text says what to change."""
