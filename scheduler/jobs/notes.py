"""What is right in a job's schedule, but may not be what was meant."""

from scheduler.jobs.findings import Findings
from scheduler.jobs.node import Mark, Path
from scheduler.timetable import Cron, Timetable
from scheduler.timetable.fields import needs_seed


def note(timetable: Timetable, name: str, *, seeded: bool, mark: Mark, way: Path, findings: Findings) -> None:
    """Note each surprise as a warning at the schedule. `seeded`: the job says its seed itself."""
    for sentence in timetable.notes():
        findings.warning(mark, way, sentence, "")
    schedule = timetable.schedule
    if not seeded and isinstance(schedule, Cron) and needs_seed(schedule.expression):
        what = 'the job\'s name places "H": a new name moves it'
        findings.warning(mark, way, what, f"seed: {name}, which keeps it where it is under any name")
