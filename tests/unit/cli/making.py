"""Jobs made in a test, without a file."""

from datetime import date

from scheduler.jobs import Job
from scheduler.jobs.job import TaskCall
from scheduler.timetable import Calendar, DayRule, Schedule, Spread, Timetable

CHRISTMAS = date(2026, 12, 25)
HOLIDAYS = Calendar(frozenset({CHRISTMAS}), names={CHRISTMAS: "Christmas Day"})


def job(name: str, schedule: Schedule, days: DayRule | None = None, spread: Spread | None = None) -> Job:
    """Return a job that runs some task."""
    timetable = Timetable(schedule, days=days, spread=spread)
    call = TaskCall(name="a.b")
    return Job(name=name, timetable=timetable, when="", timezone=timetable.timezone, kind="task", call=call)
