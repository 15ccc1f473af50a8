"""The work itself. Importing this registers the tasks; what they do is in plain functions beside them."""

from scheduler.tasks.cleanup.task import run_cleanup
from scheduler.tasks.command.task import run_command
from scheduler.tasks.http.task import run_http
from scheduler.tasks.report.task import run_report

__all__ = ["run_cleanup", "run_command", "run_http", "run_report"]
