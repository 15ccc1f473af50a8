"""Jobs made in a test, without a file."""

from datetime import date, datetime
from pathlib import Path

from click.testing import CliRunner, Result

from scheduler.cli import cli
from scheduler.cli.invocation import Invocation
from scheduler.jobs import Job, ScheduleFile
from scheduler.jobs.job import TaskCall
from scheduler.timetable import Calendar, DayRule, Schedule, Spread, Timetable
from tests.unit.cli.calling import StoppedClock

CHRISTMAS = date(2026, 12, 25)
HOLIDAYS = Calendar(frozenset({CHRISTMAS}), names={CHRISTMAS: "Christmas Day"})


def job(name: str, schedule: Schedule, days: DayRule | None = None, spread: Spread | None = None) -> Job:
    """Return a job that runs some task."""
    timetable = Timetable(schedule, days=days, spread=spread)
    call = TaskCall(name="a.b")
    return Job(name=name, timetable=timetable, when="", timezone=timetable.timezone, kind="task", call=call)


class MadeJobs(Invocation):
    """A command line whose file holds jobs made in the test."""

    def __init__(self, now: datetime, *jobs: Job) -> None:
        super().__init__(StoppedClock(now), {"SCHEDULER_FILE": __file__})
        self.file = ScheduleFile(path=Path("schedules.yaml"), timezone="UTC", jobs={job.name: job for job in jobs})

    def schedule_file(self, file: Path | None) -> ScheduleFile:
        return self.file

    def run(self, *arguments: str) -> Result:
        """Call the command line in this process."""
        return CliRunner().invoke(cli, arguments, obj=self, prog_name="scheduler")
