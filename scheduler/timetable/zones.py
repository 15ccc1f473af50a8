"""Time zones from PyPI's `tzdata`, and from nowhere else.

The host's own files differ from it for years on end in some zones, so two hosts would disagree on what is
due. No process-wide setting of zoneinfo is touched.
"""

import pkgutil
from functools import cache
from importlib import import_module
from io import BytesIO
from zoneinfo import ZoneInfo

from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.tzif import ZoneFile, read_zone_file

EXPECTED = 'a time zone name such as "Europe/Berlin" or "UTC"'


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone of that exact name; ScheduleError with a did-you-mean for any other."""
    return ZoneInfo.from_file(BytesIO(_content(name)), key=name)


@cache
def zone_file(name: str) -> ZoneFile:
    """Return every change of the zone's offset; ScheduleError like `zone`."""
    return read_zone_file(_content(name))


def check_zone(name: object) -> None:
    """Raise ScheduleError unless this is the exact name of a zone. Reads no zone."""
    if not isinstance(name, str) or name not in zone_names():
        raise ScheduleError(f'"{name}" is not a time zone', _expected(name))


@cache
def zone_names() -> frozenset[str]:
    """Return every name of the tz database, links included, without its placeholder "Factory"."""
    return frozenset(_read("zones").decode("ascii").split()) - {"Factory"}


def tzdata_version() -> str:
    """Return the IANA version in use, such as "2026f"."""
    return str(import_module("tzdata").IANA_VERSION)


def _content(name: str) -> bytes:
    # The list of names is the gate: nothing else can become a path.
    check_zone(name)
    return _read(f"zoneinfo/{name}")


def _read(resource: str) -> bytes:
    try:
        content = pkgutil.get_data("tzdata", resource)
    except OSError:
        # While a package is put in the place of another, its files are gone for a moment.
        content = None
    if content is None:
        raise ScheduleError(f"the tzdata package holds no {resource}", "a complete installation of tzdata")
    return content


def _expected(name: object) -> str:
    from difflib import get_close_matches  # only a mistake pays for it

    by_folded = {known.casefold(): known for known in sorted(zone_names())}
    by_city = {known.rpartition("/")[2]: by_folded[known] for known in by_folded}
    wanted = str(name).strip().replace(" ", "_").casefold()
    near = by_folded.get(wanted) or by_city.get(wanted)
    if near is None:
        close = get_close_matches(wanted, by_folded, n=1, cutoff=0.75)
        near = by_folded[close[0]] if close else None
    return EXPECTED if near is None else f'{EXPECTED}; did you mean "{near}"?'
