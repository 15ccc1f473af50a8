"""What stops a task, in words for the person who wrote the job."""

from typing import Any, Self

from scheduler.errors import SchedulerError


class TaskError(SchedulerError):
    """Work that could not be done: where, what, and what was expected. Its text holds no password."""


class RunFailed(TaskError):
    """Work that was done and did not succeed; `summary` is what a successful run would have returned."""

    def __init__(self, text: str, summary: dict[str, Any]) -> None:
        super().__init__(text)
        self.summary = summary

    def __reduce__(self) -> tuple[type[Self], tuple[str, dict[str, Any]]]:
        return type(self), (str(self), self.summary)
