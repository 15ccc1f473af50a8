"""What the file says. The models alone; `scheduler.jobs.load` reads them from YAML.

A model is imported when it is first asked for: who needs `jobs.message` alone does not wait for pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scheduler.jobs.cleanup import Cleanup
    from scheduler.jobs.command import Command
    from scheduler.jobs.http import Http
    from scheduler.jobs.job import Job, ScheduleFile, TaskCall
    from scheduler.jobs.problem import FileProblems, Problem
    from scheduler.jobs.report import Report

__all__ = ["Cleanup", "Command", "FileProblems", "Http", "Job", "Problem", "Report", "ScheduleFile", "TaskCall"]

_HOMES = {
    "Cleanup": "cleanup",
    "Command": "command",
    "FileProblems": "problem",
    "Http": "http",
    "Job": "job",
    "Problem": "problem",
    "Report": "report",
    "ScheduleFile": "job",
    "TaskCall": "job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
