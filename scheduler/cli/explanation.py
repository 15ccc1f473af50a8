"""Why a job ran, or did not: the ledger's answer, and where it has none, that of the schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from scheduler.cli.answer import Answer, at
from scheduler.cli.invocation import Invocation
from scheduler.cli.ledger import Ledger
from scheduler.cli.moment import read_moment
from scheduler.cli.when import relative
from scheduler.cli.why_run import RunWhy
from scheduler.cli.why_schedule import ScheduleWhy
from scheduler.errors import SchedulerError
from scheduler.jobs import message
from scheduler.store.file_record import read_file_record
from scheduler.store.installed_job import InstalledJob, read_installed
from scheduler.store.runs.row import Row
from scheduler.timetable import Occurrence, Timetable
from scheduler.timetable.calendar import WEEKDAYS
from scheduler.timetable.schedule import INSTANT

_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)
# What is due longer than this is not only about to be dispatched: a change of leaders takes less.
_OVERDUE = timedelta(seconds=5)
_NEAR = 50


@dataclass(frozen=True, slots=True)
class Explanation:
    """`before` and `after` are the neighbours of the time in question, None where they are not known."""

    job: str
    zone: str
    at: datetime | None
    now: datetime
    answer: Answer
    before: Occurrence | None = None
    after: Occurrence | None = None
    in_force: bool = True

    def sentences(self) -> list[str]:
        """Return what there is to say, the neighbours included."""
        said = list(self.answer.sentences)
        if self.before and self.at:
            said.append(f"Before: {at(self.before.dispatch, self.zone)}.")
        if self.after:
            word = "After" if self.at and self.after.dispatch <= self.now else "Next"
            said.append(f"{word}: {at(self.after.dispatch, self.zone)}, {relative(self.after.dispatch, self.now)}.")
        return said


def explain(ledger: Ledger, invocation: Invocation, job: str, time: str | None, file: Path | None) -> Explanation:
    """Explain the job's run at that time, or its latest. Raises SchedulerError, click's errors, redis.RedisError."""
    installed = read_installed(ledger.client, ledger.keys, job)
    if installed is None and not ledger.history.has_runs(job):
        return _not_in_force(ledger, invocation, job, file)
    zone, now = installed.zone if installed else "UTC", ledger.now
    moment = read_moment(time, now, zone, "--at") if time else None
    answer, before, after = _answer(ledger, installed, job, moment, _names(invocation, job, file))
    if installed is None:
        answer.say(f"The job is not in force any more{_file_of(ledger)}.")
    return Explanation(job, zone, moment, now, answer, before, after, installed is not None)


def _answer(
    ledger: Ledger, installed: InstalledJob | None, job: str, moment: datetime | None, names: Callable[[date], str]
) -> tuple[Answer, Occurrence | None, Occurrence | None]:
    timetable = installed.timetable if installed else None
    schedule = ScheduleWhy(ledger, installed, timetable, names) if installed and timetable else None
    first = moment or ledger.now
    last = first if moment is None else first + (_SECOND if first.second or first.microsecond else _MINUTE) - INSTANT
    found = schedule.occurrence(first, last) if schedule and moment else None
    row = _row(ledger, job, found, first, last) if moment else next(iter(ledger.latest(job)), None)
    before, after = schedule.around(*_edges(found, first, last)) if schedule else (None, None)
    if installed and not installed.enabled:
        after = None
    if moment is None and installed and schedule and _is_overdue(installed, ledger.now):
        assert installed.due is not None
        return schedule.overdue(installed.due), before, after
    if row is not None:
        return RunWhy(ledger, installed).explain(row), before, after
    if moment is None:
        return _never_ran(installed), before, after
    if schedule is None:
        return Answer("not_recorded", [f"Nothing is recorded of {at(first, 'UTC')}."]), None, None
    return schedule.explain(found, first, last), before, after


def _edges(found: Occurrence | None, first: datetime, last: datetime) -> tuple[datetime, datetime]:
    return (found.dispatch, found.dispatch) if found else (first, last)


def _is_overdue(installed: InstalledJob, now: datetime) -> bool:
    return installed.enabled and installed.due is not None and now - installed.due > _OVERDUE


def _row(ledger: Ledger, job: str, found: Occurrence | None, first: datetime, last: datetime) -> Row | None:
    for instant in (found.nominal if found else first, first):
        row = ledger.history.row(message.run_id(job, instant))
        if row is not None:
            return row
    # Its schedule may have been another one then, it may have been started by hand, or have been missed with others.
    near = ledger.history.near(job, first, _NEAR)
    exact = (row for row in near if first <= row.occurrence <= last)
    spanning = (row for row in near if row.until and row.occurrence <= last and first <= row.until)
    # What was missed are occurrences of the schedule: not every instant between two of them.
    return next(exact, None) or (next(spanning, None) if found else None)


def _never_ran(installed: InstalledJob | None) -> Answer:
    if installed and not installed.enabled:
        return Answer("disabled", ["The job is disabled: it does not run until the file says `enabled: true`."])
    since = f" It is in the file since {at(installed.since, installed.zone)}." if installed and installed.since else ""
    return Answer("no_runs", [f"The job has no runs yet.{since}"])


def _not_in_force(ledger: Ledger, invocation: Invocation, job: str, file: Path | None) -> Explanation:
    path = invocation.path(file)
    if _timetable_of(invocation, job, file) is None:
        ledger.check_job(job)
    answer = Answer("not_in_force", [f"The job is in {path}, but no beat has put it into force{_file_of(ledger)}."])
    answer.say("`scheduler status` says which file is in force, and who refuses its own.")
    return Explanation(job, "UTC", None, ledger.now, answer, in_force=False)


def _file_of(ledger: Ledger) -> str:
    record = read_file_record(ledger.client, ledger.keys)
    if record is None:
        return ": none is in force"
    installed = f", installed {relative(record.installed, ledger.now)}" if record.installed else ""
    return f": in force is {record.path}{installed}"


def _names(invocation: Invocation, job: str, file: Path | None) -> Callable[[date], str]:
    """Return what days are called: entries hold calendars without their names, which only the file has."""

    def name(of: date) -> str:
        timetable = _timetable_of(invocation, job, file)
        return timetable.days.name(of) if timetable and timetable.days else WEEKDAYS[of.weekday()]

    return name


def _timetable_of(invocation: Invocation, job: str, file: Path | None) -> Timetable | None:
    if not invocation.path(file).exists():
        return None
    try:
        found = invocation.load(file).file.jobs.get(job)
    except SchedulerError:
        # It is not what is in force, then.
        return None
    return found.timetable if found else None
