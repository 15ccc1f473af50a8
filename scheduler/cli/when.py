"""How an instant is written for people and for programs. The only place of the command line that does."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import timezone as timezone_of

from scheduler.timetable import zone

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = (("y", 365 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def local(instant: datetime, timezone: str, *, seconds: bool = False) -> str:
    """Write `Mon 2026-03-30 07:00 +02:00`: wall time, and its offset for the hour that comes twice."""
    return f"{day(local_date(instant, timezone))} {clock(instant, timezone, seconds=seconds)}"


def clock(instant: datetime, timezone: str, *, seconds: bool = False) -> str:
    """Write `07:00 +02:00`."""
    time = instant.astimezone(zone(timezone)).strftime("%H:%M:%S" if seconds else "%H:%M")
    return f"{time} {offset(instant, timezone)}"


def day(of: date) -> str:
    """Write `Mon 2026-03-30`."""
    return f"{_DAYS[of.weekday()]} {of.isoformat()}"


def local_date(instant: datetime, timezone: str) -> date:
    """Return the date that the zone's clocks show."""
    return instant.astimezone(zone(timezone)).date()


def offset(instant: datetime, timezone: str) -> str:
    """Write the zone's offset from UTC at this instant: `+02:00`."""
    return instant.astimezone(zone(timezone)).replace(microsecond=0).isoformat()[19:]


def written_offset(length: timedelta) -> str:
    """Write an offset from UTC: `+02:00`."""
    return datetime(1970, 1, 1, tzinfo=timezone_of(length)).isoformat()[19:]


def need_seconds(instants: Iterable[datetime]) -> bool:
    """Ask whether a column of these must show seconds: one form for a whole column lines up."""
    return any(instant.second for instant in instants)


def relative(instant: datetime, now: datetime) -> str:
    """Write `in 3 h 12 min` or `5 min ago`: the two largest units, rounded down."""
    if abs(instant - now) < timedelta(seconds=1):
        return "now"
    length = span(abs(instant - now))
    return f"in {length}" if instant > now else f"{length} ago"


def roughly(instant: datetime, now: datetime) -> str:
    """Write `in 3 h` or `5 min ago`: the largest unit, rounded down."""
    number, unit, *_ = span(abs(instant - now)).split()
    if number == "0":
        return "now"
    return f"in {number} {unit}" if instant > now else f"{number} {unit} ago"


def span(length: timedelta) -> str:
    """Write `3 h 12 min`: the two largest units, rounded down."""
    rest = int(length.total_seconds())
    first = next((index for index, (_, size) in enumerate(_UNITS) if rest >= size), len(_UNITS) - 1)
    parts: list[str] = []
    for unit, size in _UNITS[first : first + 2]:
        count, rest = divmod(rest, size)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def length(duration: timedelta | None) -> str:
    """Write `35 ms`, `4.2 s`, `3 min 5 s`; nothing for None."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if abs(seconds) < 60 else span(duration)


def stamp(instant: datetime) -> str:
    """Write an aware UTC instant for programs: `2026-03-30T05:00:00Z`."""
    return instant.isoformat().replace("+00:00", "Z")


def local_stamp(instant: datetime, timezone: str) -> str:
    """Write the instant for programs as the zone has it: `2026-03-30T07:00:00+02:00`."""
    return instant.astimezone(zone(timezone)).isoformat()
