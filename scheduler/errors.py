"""The root of every error whose text is written for the person who can mend it."""


class SchedulerError(Exception):
    """A fault the user can mend. Its text is complete: where, what, and what was expected."""
