"""Days that have a name or a weekday, and the rule that keeps a job off them, or on them, or moves it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKEND = frozenset({5, 6})

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """A set of days: dates, and days of the week (Monday is 0).

    `names` says what a date is called, `label` what the calendar is called itself.
    """

    days: frozenset[date] = frozenset()
    weekdays: frozenset[int] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict, compare=False, repr=False)
    label: str = field(default="", compare=False)

    def __contains__(self, day: date) -> bool:
        return day.weekday() in self.weekdays or day in self.days

    def __or__(self, other: "Calendar") -> "Calendar":
        label = " and ".join(filter(None, (self.label, other.label)))
        return Calendar(self.days | other.days, self.weekdays | other.weekdays, {**other.names, **self.names}, label)

    def __reduce__(self) -> tuple[type["Calendar"], tuple[frozenset[date], frozenset[int], dict[date, str], str]]:
        return type(self), (self.days, self.weekdays, dict(self.names), self.label)

    def name(self, day: date) -> str:
        """Return what the day is called: `Christmas Day`, or at least `Friday`."""
        return self.names.get(day) or WEEKDAYS[day.weekday()]


class Move(StrEnum):
    """Where an occurrence goes whose day is no business day."""

    NEXT = "next_business_day"
    PREVIOUS = "previous_business_day"


@dataclass(frozen=True)
class DayRule:
    """On which days a job runs.

    Not on those of `skip`, and with `only` on none but those. With `move`, an occurrence on another day is not left
    out but moved to a business day: one on which the job may run and which, unless `only` names the days, is not of
    the `weekend` (Monday is 0).
    """

    skip: Calendar = Calendar()
    only: Calendar | None = None
    move: Move | None = None
    weekend: frozenset[int] = WEEKEND

    def runs_on(self, day: date) -> bool:
        """Ask whether an occurrence of that day stays on it."""
        if day in self.skip or (self.only is not None and day not in self.only):
            return False
        return self.move is None or self.only is not None or day.weekday() not in self.weekend

    def following(self, day: date) -> date | None:
        """Return the first day from this one on, this one included, on which the job runs; None if there is none."""
        later = self._special[bisect_right(self._special, day) :]
        return next((one for start in (day, *later) for one in _week(start, _DAY) if self.runs_on(one)), None)

    def preceding(self, day: date) -> date | None:
        """Return the last day up to this one, this one included, on which the job runs; None if there is none."""
        earlier = self._special[: bisect_left(self._special, day)]
        starts = (day, *reversed(earlier))
        return next((one for start in starts for one in _week(start, -_DAY) if self.runs_on(one)), None)

    def target(self, day: date) -> date | None:
        """Return the day on which an occurrence of this day runs; None where it is left out."""
        if self.runs_on(day):
            return day
        if self.move is None:
            return None
        return self.following(day) if self.move is Move.NEXT else self.preceding(day)

    def name(self, day: date) -> str:
        """Return what a day is called on which the job does not run."""
        return self.skip.name(day)

    def special_from(self, day: date) -> date:
        """Return the last date that does not go by its weekday, or the given day if that is later."""
        return max((day, *self._special[-1:]))

    def special_until(self, day: date) -> date:
        """Return the first date that does not go by its weekday, or the given day if that is earlier."""
        return min((day, *self._special[:1]))

    @cached_property
    def _special(self) -> tuple[date, ...]:
        """The dates that do not go by their weekday. After a week without one, all weeks are alike."""
        return tuple(sorted(self.skip.days | (self.only.days if self.only else frozenset())))


def _week(start: date, step: timedelta) -> Iterator[date]:
    return (start + number * step for number in range(8))
