"""What the file says. The models alone; `scheduler.jobs.load` reads them from YAML."""

from scheduler.jobs.cleanup import Cleanup
from scheduler.jobs.command import Command
from scheduler.jobs.job import Job, ScheduleFile, TaskCall
from scheduler.jobs.problem import FileProblems, Problem
from scheduler.jobs.report import Report

__all__ = ["Cleanup", "Command", "FileProblems", "Job", "Problem", "Report", "ScheduleFile", "TaskCall"]
