"""The names that a message carries between beat and worker. A change here is a change of the wire format."""

from typing import Final

REPORT: Final = "scheduler.report"
CLEANUP: Final = "scheduler.cleanup"

JOB: Final = "scheduler_job"
RUN_ID: Final = "scheduler_run_id"
# Instants in headers are ISO 8601 in UTC and end in Z.
OCCURRENCE: Final = "scheduler_occurrence"
PREVIOUS: Final = "scheduler_previous"
TIMEZONE: Final = "scheduler_timezone"
VERSION: Final = "scheduler_v"

CURRENT_VERSION: Final = 1
