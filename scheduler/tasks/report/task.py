"""The Celery task `scheduler.report`."""

from typing import Any

from celery import Task, shared_task

from scheduler.jobs import Report
from scheduler.jobs.message import REPORT
from scheduler.settings import Settings
from scheduler.tasks.arguments import read_arguments
from scheduler.tasks.report.write import write_report
from scheduler.worker import current_run


@shared_task(name=REPORT, bind=True)
def run_report(self: Task[Any, Any], report: dict[str, Any]) -> dict[str, Any]:
    """Write a report for the current run's occurrence."""
    arguments = read_arguments(Report, "report", report)
    return write_report(arguments, current_run.template_context(), Settings.read(self.app.conf).output)
