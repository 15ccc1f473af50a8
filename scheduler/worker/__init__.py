"""Execute: what surrounds every run in a worker. Task code asks `current_run` what it is a run of."""

from scheduler.worker.current import current_run
from scheduler.worker.install import install
from scheduler.worker.run import Run
from scheduler.worker.secrets import current_masker
from scheduler.worker.task import RunTask

__all__ = ["Run", "RunTask", "current_masker", "current_run", "install"]
