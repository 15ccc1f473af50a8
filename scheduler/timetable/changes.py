"""When the clocks of a zone change. Seconds are counted from 1970-01-01T00:00Z, offsets are seconds east of UTC."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from scheduler.timetable.zones import tzdata_version, zone_file

LAST_YEAR = 9999

_BEFORE_ALL = -(1 << 60)
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


class ClockChange(NamedTuple):
    """At this instant the offset becomes another."""

    at: int
    before: int
    after: int


def clock_changes(timezone: str, until_year: int) -> Iterator[ClockChange]:
    """Yield every change of the zone's offset before that year begins in UTC, in order."""
    file = zone_file(timezone)
    offset = file.first_offset
    horizon = start_of(until_year)
    for at, after in (*file.changes, *_by_rule(timezone, until_year)):
        if at >= horizon:
            return
        # A file also lists changes of the abbreviation or the DST flag alone.
        if after != offset:
            yield ClockChange(at, offset, after)
        offset = after


def changes_ahead(timezone: str) -> list[ClockChange]:
    """Return the changes of the dozen years from the one in which the tz database was published.

    That year stands for the present where there is no clock to ask.
    """
    year = int(tzdata_version()[:4])
    since = start_of(year)
    return [change for change in clock_changes(timezone, year + 12) if change.at >= since]


def _by_rule(timezone: str, until_year: int) -> list[tuple[int, int]]:
    """The changes after the last one that the file lists."""
    file = zone_file(timezone)
    if file.rule is None:
        return []
    since = file.changes[-1][0] if file.changes else _BEFORE_ALL
    years = range(max(last_listed_year(timezone), 1900), min(until_year, LAST_YEAR - 1) + 1)
    return sorted(change for year in years for change in file.rule.changes(year) if change[0] > since)


def has_rule(timezone: str) -> bool:
    """Whether the clocks change for ever; if not, the file lists every change."""
    rule = zone_file(timezone).rule
    return rule is not None and rule.to_daylight is not None


def last_listed_year(timezone: str) -> int:
    """Return the year of the last change that the zone's file lists itself."""
    listed = zone_file(timezone).changes
    return year_of(listed[-1][0]) if listed else 0


def year_of(instant: int) -> int:
    """Return the UTC year of an instant, or the nearest that a date can have."""
    return date.fromordinal(max(1, min(instant // 86_400 + _UNIX_EPOCH, date.max.toordinal()))).year


def start_of(year: int) -> int:
    """Return the instant at which the year begins in UTC."""
    return (date(year, 1, 1).toordinal() - _UNIX_EPOCH) * 86_400
