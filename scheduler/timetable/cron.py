"""A crontab expression in a time zone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduler.timetable.course import Course
from scheduler.timetable.dst import DEBIAN, Dst
from scheduler.timetable.expression import parse_expression
from scheduler.timetable.schedule import EPOCH
from scheduler.timetable.stretches import stretches
from scheduler.timetable.zones import check_zone

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Cron:
    """Runs when Debian's cron would, on a host in that zone.

    `seed` places the slots of `H`. Raises ScheduleError for an expression that is wrong or never matches, and
    for an unknown zone.
    """

    expression: str
    timezone: str = "UTC"
    dst: Dst = DEBIAN
    seed: str = ""
    _course: Course = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_zone(self.timezone)
        pattern = parse_expression(self.expression, self.seed).pattern
        rule = None if pattern.follows_clock else self.dst
        object.__setattr__(self, "_course", Course(pattern, stretches(self.timezone, rule)))

    def __reduce__(self) -> tuple[type["Cron"], tuple[str, str, Dst, str]]:
        return type(self), (self.expression, self.timezone, self.dst, self.seed)

    def after(self, instant: datetime) -> datetime | None:
        """Return the first occurrence strictly after the instant; None if none comes before the year 9996."""
        since = instant - EPOCH
        found = self._course.after(since.days * 86_400 + since.seconds)
        return None if found is None else EPOCH + timedelta(0, found)

    def before(self, instant: datetime) -> datetime | None:
        """Return the last occurrence strictly before the instant; None if there is none after the year 2."""
        since = instant - EPOCH
        # With a fraction of a second, the second that it lies in has begun before the instant.
        found = self._course.before(since.days * 86_400 + since.seconds + (since.microseconds > 0))
        return None if found is None else EPOCH + timedelta(0, found)

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the occurrences in (after, until], in order; adjoining windows concatenate."""
        occurrence = self.after(after)
        while occurrence is not None and occurrence <= until:
            yield occurrence
            occurrence = self.after(occurrence)

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many occurrences lie in (after, until]."""
        # Occurrences lie on whole seconds: the fraction of one on either side changes nothing.
        return self._course.count((after - EPOCH) // _SECOND, (until - EPOCH) // _SECOND)

    def smallest_interval(self) -> timedelta | None:
        """Return the shortest time on the clock between two occurrences; None where no second one is known."""
        minutes = parse_expression(self.expression, self.seed).pattern.smallest_distance()
        return None if minutes is None else timedelta(minutes=minutes)

    def explain(self) -> str:
        """Say in plain English when it runs, in which zone and, where it matters, what clock changes do."""
        from scheduler.timetable.explain import explain_cron  # only people ask

        return explain_cron(parse_expression(self.expression, self.seed), self.timezone, self.dst)

    def notes(self) -> tuple[str, ...]:
        """Say what is right but may not be what was meant; a sentence each."""
        from scheduler.timetable.notes import cron_notes  # only a check asks

        return cron_notes(parse_expression(self.expression, self.seed))
