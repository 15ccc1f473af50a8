"""One instant, or a list of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from scheduler.timetable.dst import DEBIAN, Dst
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.instants import parse_instants
from scheduler.timetable.local_day import told
from scheduler.timetable.zones import check_zone


@dataclass(frozen=True)
class At:
    """Runs at the instants given, which are kept in order and once each.

    Raises ScheduleError for none, for one without an offset, and for an unknown zone.
    """

    instants: tuple[datetime, ...]
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        check_zone(self.timezone)
        if not self.instants:
            raise ScheduleError("there is no instant to run at", "at least one")
        for instant in self.instants:
            if instant.tzinfo is None:
                raise ScheduleError(f'"{instant.isoformat()}" has no offset', "an instant with its offset")
        object.__setattr__(self, "instants", tuple(sorted({one.astimezone(UTC) for one in self.instants})))

    @classmethod
    def parse(cls, texts: Iterable[str], timezone: str = "UTC", dst: Dst = DEBIAN) -> "At":
        """Read times as people write them; see `parse_instants`."""
        return cls(tuple(instant for text in texts for instant in parse_instants(text, timezone, dst)), timezone)

    def after(self, instant: datetime) -> datetime | None:
        """Return the first one strictly after the instant."""
        index = bisect_right(self.instants, instant)
        return self.instants[index] if index < len(self.instants) else None

    def before(self, instant: datetime) -> datetime | None:
        """Return the last one strictly before the instant."""
        index = bisect_left(self.instants, instant)
        return self.instants[index - 1] if index else None

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield those in (after, until], in order; adjoining windows concatenate."""
        yield from self.instants[bisect_right(self.instants, after) : bisect_right(self.instants, until)]

    def count(self, after: datetime, until: datetime) -> int:
        """Return how many of them lie in (after, until]."""
        return max(0, bisect_right(self.instants, until) - bisect_right(self.instants, after))

    def smallest_interval(self) -> timedelta | None:
        """Return the shortest time between two of them; None where there is but one."""
        return min((second - first for first, second in pairwise(self.instants)), default=None)

    def explain(self) -> str:
        """Say in plain English when it runs."""
        shown = [told(instant, self.timezone) for instant in self.instants]
        return f"Once, at {shown[0]}." if len(shown) == 1 else f"At {', '.join(shown)}."

    def notes(self) -> tuple[str, ...]:
        """There is nothing here to be surprised by."""
        return ()
