"""Why there is no run at some time: what the schedule that is in force says of it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice

from scheduler.cli.answer import Answer, at
from scheduler.cli.clock_changes import Change, changes_between, effect
from scheduler.cli.day_window import window
from scheduler.cli.ledger import Ledger
from scheduler.cli.when import day, local_date, relative
from scheduler.store.installed_job import InstalledJob
from scheduler.timetable import Occurrence, Timetable
from scheduler.timetable.schedule import INSTANT

_FAR = timedelta(days=400)
# How far a calendar or a window may move a run, and how many are looked through for one that was moved.
_MOVED = timedelta(days=8)
_MOST = 20_000
_UNAFFECTED = "not affected"


class ScheduleWhy:
    """Explains one job that is in force; `name_of` says what a day is called on which it does not run."""

    def __init__(self, ledger: Ledger, job: InstalledJob, timetable: Timetable, name_of: Callable[[date], str]) -> None:
        self._ledger = ledger
        self._job = job
        self._timetable = timetable
        self._zone = timetable.timezone
        self._name_of = name_of

    def occurrence(self, first: datetime, last: datetime) -> Occurrence | None:
        """Return the occurrence whose nominal time, or else whose dispatch, lies in [first, last]."""
        whole = self._timetable
        dispatched = next(iter(whole.due(first - INSTANT, last)), None)
        if whole.spread is None and (whole.days is None or whole.days.move is None):
            return dispatched
        near = islice(whole.due(first - _MOVED, last + _MOVED), _MOST)
        return next((one for one in near if first <= one.nominal <= last), None) or dispatched

    def around(self, first: datetime, last: datetime) -> tuple[Occurrence | None, Occurrence | None]:
        """Return the last occurrence dispatched before `first`, and the first after `last`."""
        before = self._timetable.newest(first - _FAR, first - INSTANT, 1)
        return before[-1] if before else None, self._timetable.next(last)

    def explain(self, found: Occurrence | None, first: datetime, last: datetime) -> Answer:
        """Say why nothing is in the ledger for this time. Raises redis.RedisError."""
        now = self._ledger.now
        if not self._job.enabled:
            return Answer("disabled", ["The job is disabled: it does not run until the file says `enabled: true`."])
        if found is None:
            return self._not_due(first, last)
        if found.dispatch > now:
            return Answer(
                "to_come", [f"It is to come {relative(found.dispatch, now)}: {at(found.dispatch, self._zone)}."]
            )
        since = self._job.since
        if since is not None and found.dispatch <= since:
            return Answer(
                "not_in_file",
                [
                    f"The job has had its present schedule since {at(since, self._zone)}.",
                    "Before that it was not in the file, was disabled, or had another schedule.",
                ],
            )
        if self._job.mark is None or found.dispatch > self._job.mark:
            return self.overdue(found.dispatch)
        return self._not_recorded(found)

    def overdue(self, since: datetime) -> Answer:
        """Say why something is due and not dispatched. Raises redis.RedisError."""
        answer = Answer("overdue", [f"It has been due since {at(since, self._zone)}, and is not dispatched yet."])
        if self._ledger.client.exists(self._ledger.keys.lock):
            answer.say("A beat leads: it dispatches what is due in turn, or says in its log what keeps it from it.")
        else:
            answer.say("No beat leads. Once one does, the job's catch_up decides whether it still runs.")
        return answer

    def _not_recorded(self, found: Occurrence) -> Answer:
        answer = Answer("not_recorded", [f"Nothing is recorded of {at(found.nominal, self._zone)}."])
        oldest = self._ledger.history.oldest(self._job.name)
        if oldest is None or found.nominal < oldest:
            kept = f" Of this job, history goes back to {at(oldest, self._zone)}." if oldest else ""
            answer.say(f"What ended long ago is not kept.{kept}")
        else:
            answer.say("At that time the job may not have been in the file, or may have had another schedule.")
        return answer

    def _not_due(self, first: datetime, last: datetime) -> Answer:
        named = next(iter(self._timetable.schedule.between(first - INSTANT, last)), None)
        answer = self._left_out(named) if named else Answer("not_due", [f"It is not due at {at(first, self._zone)}."])
        for change in self._changes(first):
            said = effect(self._timetable.schedule, change)
            if said.startswith(_UNAFFECTED):
                continue
            if named is None and change.at - change.length <= first < change.at + change.length:
                answer.word = "clock_change"
            answer.say(f"{change.title()}: {'it ' if said.startswith('runs') else ''}{said}.")
        if named is None:
            answer.say(f"Its schedule: {self._timetable.explain()}")
        return answer

    def _left_out(self, named: datetime) -> Answer:
        whole, of = self._timetable, local_date(named, self._zone)
        if whole.starts is not None and named < whole.starts:
            return Answer("not_due", [f"Its schedule starts {at(whole.starts, self._zone)}."])
        if whole.ends is not None and named > whole.ends:
            return Answer("not_due", [f"Its schedule ended {at(whole.ends, self._zone)}."])
        name = self._name_of(of)
        called = "" if name == of.strftime("%A") else f": {name}"
        return Answer("calendar", [f"On {day(of)} its calendar keeps it off{called}."])

    def _changes(self, instant: datetime) -> list[Change]:
        of = local_date(instant, self._zone)
        mark, until = window(of, of, self._zone)
        return list(changes_between(self._zone, mark, until))
