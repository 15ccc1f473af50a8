"""Reads the instants that people write: ISO 8601, with an offset or as a local time."""

import re
from datetime import UTC, datetime, timedelta

from scheduler.timetable.dst import DEBIAN, Dst
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.schedule import EPOCH
from scheduler.timetable.stretches import instants_of_wall

EXPECTED = 'a date and a time such as "2026-12-31T23:59" or "2026-12-31T23:59:00+01:00"'

# fromisoformat also takes week dates, fractions and more, which nobody means here.
_FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)


def parse_instants(text: str, timezone: str = "UTC", dst: Dst = DEBIAN) -> tuple[datetime, ...]:
    """Read one time; without an offset it is local in `timezone`, and a clock change over it follows `dst`.

    Returns aware UTC datetimes: two where a time comes twice and `dst` wants both, else one. Raises ScheduleError for
    another form, and for a local time that does not exist where `dst` leaves it out.
    """
    if _FORM.fullmatch(text) is None:
        raise ScheduleError(f'"{text}" is not a time', EXPECTED)
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return (written.astimezone(UTC),)
        wall = (written.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
        found = tuple(EPOCH + timedelta(seconds=at) for at in instants_of_wall(timezone, dst, wall))
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f'"{text}" is not a time', EXPECTED) from error
    if not found:
        raise ScheduleError(f'the clocks in {timezone} skip "{text}"', "a time that they show")
    return found
