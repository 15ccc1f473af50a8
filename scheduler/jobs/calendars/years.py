"""The years for which the days of calendars are worked out. Nothing that is stored can hold all the years to come."""

from scheduler.timetable import tzdata_version

_BACK = 2
_AHEAD = 12


def present_year() -> int:
    """Return the year in which the tz database was published, which stands for the present.

    With the same packages, every host works out the same days at any time, and they move on with the packages.
    """
    return int(tzdata_version()[:4])


def years() -> range:
    """Return the years from two before the present to twelve after it."""
    return range(present_year() - _BACK, present_year() + _AHEAD + 1)
