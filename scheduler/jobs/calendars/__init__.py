"""`calendars:` days with a name, gathered from countries, dates, .ics files and weekends."""

from functools import cache
from importlib.metadata import version as version_of


@cache
def version() -> str:
    """Return the version of the package that knows the holidays, such as "0.109": another one may know others."""
    return version_of("holidays")
