"""What is right in a job's schedule, but may not be what was meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path
from scheduler.timetable import Cron, Timetable
from scheduler.timetable.fields import needs_seed
from scheduler.timetable.gap_run import next_gap_run
from scheduler.timetable.local_day import clock_time

SAY_WHAT_IS_MEANT = "another time, or dst: {gap: run-after} to say that this is meant"

_WHENS = ("cron", "every", "at")


@dataclass(frozen=True, slots=True)
class Noted:
    """A job whose schedule is looked at `now`, and where in the file it stands.

    `says_dst`: it is said what becomes of times that the clocks skip.
    """

    name: str
    timetable: Timetable
    node: MapNode
    way: Path
    now: datetime
    says_dst: bool

    def note(self, findings: Findings) -> None:
        """Note each surprise as a warning at the schedule."""
        (key,) = (key for key in _WHENS if key in self.node.values)
        for what, expected in self._surprises():
            findings.warning(self.node.values[key].start_mark, (*self.way, key), what, expected)

    def _surprises(self) -> Iterator[tuple[str, str]]:
        yield from ((sentence, "") for sentence in self.timetable.notes())
        schedule = self.timetable.schedule
        # Of times that are past, each says so itself.
        if self.timetable.next(self.now) is None and schedule.after(self.now) is not None:
            yield "it never runs again", self._missing()
        if isinstance(schedule, Cron):
            yield from self._surprises_of_cron(schedule)

    def _missing(self) -> str:
        if self.timetable.ends is not None and self.timetable.ends <= self.now:
            return "an end that is to come, or no such job"
        return "a time on a day on which its calendars let it run" if self.timetable.days else "a time to come"

    def _surprises_of_cron(self, schedule: Cron) -> Iterator[tuple[str, str]]:
        if "seed" not in self.node.data and needs_seed(schedule.expression):
            what = 'the job\'s name places "H": a new name moves it'
            yield what, f"seed: {self.name}, which keeps it where it is under any name"
        # Who says what is to become of such times knows of them.
        skipped = None if self.says_dst else next_gap_run(schedule, self.now)
        if skipped is not None:
            instead = clock_time(skipped.instead)
            yield f"the clocks skip its time on {skipped.day}: it runs at {instead} instead", SAY_WHAT_IS_MEANT
