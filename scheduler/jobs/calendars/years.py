"""The years for which the days of calendars are worked out. Nothing that is stored can hold all the years to come."""

from scheduler.timetable import tzdata_version

_BACK = 2
AHEAD = 12


def years() -> range:
    """Return two years back to twelve ahead, counted from the year in which the tz database was published.

    That year stands for the present: with the same packages, every host works out the same days at any time, and they
    move on with the packages.
    """
    present = int(tzdata_version()[:4])
    return range(present - _BACK, present + AHEAD + 1)
