"""What hypothesis draws: expressions, zones, DST rules, and instants that lie near the clock changes."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from scheduler.timetable import EPOCH, Cron, Dst, Fold, Gap, ScheduleError
from scheduler.timetable.changes import clock_changes
from scheduler.timetable.zones import zone_names

ZONES = sorted(zone_names())
# Zones whose clocks change in ways that others do not: by half an hour, by two hours, at midnight, over a day,
# by three hours, twice in a spring, against the season.
ODD_ZONES = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago"),
    *("Asia/Tehran", "Pacific/Apia", "America/Nuuk", "Africa/Cairo", "Antarctica/Troll", "Antarctica/Casey"),
    *("Europe/Dublin", "Asia/Pyongyang", "America/Havana", "Asia/Gaza", "Africa/Monrovia"),
]

zones = st.one_of(st.sampled_from(ODD_ZONES), st.sampled_from(ZONES))
rules = st.builds(Dst, st.sampled_from(Gap), st.sampled_from(Fold))


@st.composite
def fields(draw: st.DrawFn, low: int, high: int, *more: str) -> str:
    """One field: mostly a star or a value, sometimes a list, a range or a step."""
    first = draw(st.integers(low, high - 1))
    last = draw(st.integers(first + 1, high))
    step = draw(st.integers(1, 9))
    forms = ["*", f"{first}", f"*/{step}", f"{first},{last}", f"{first}-{last}", f"{first}-{last}/{step}", f"*,{last}"]
    return draw(st.sampled_from([*forms, *more]))


@st.composite
def crons(draw: st.DrawFn) -> Cron:
    """A Cron that matches at some time. What cronsim reads in another way than cron (`5-5/10`) is not drawn."""
    hours = st.one_of(st.sampled_from(["0", "1", "2", "0-3", "*/2", "23", "*"]), fields(0, 23))
    days = st.one_of(st.just("*"), fields(1, 31, "L", "LW"))
    weekdays = st.one_of(st.just("*"), fields(0, 7, "5L", "1#2", "mon-fri", "SUN"))
    months = st.one_of(st.just("*"), st.just("*"), fields(1, 12, "mar,oct"))
    expression = " ".join(draw(part) for part in (fields(0, 59), hours, days, months, weekdays))
    try:
        return Cron(expression, draw(zones), draw(rules))
    except ScheduleError:
        return Cron("30 2 * * *", draw(zones), draw(rules))


@st.composite
def instants(draw: st.DrawFn, timezone: str) -> datetime:
    """An instant from 1970 on, mostly within some hours of a change of the zone's clocks."""
    changes = [change.at for change in clock_changes(timezone, 2045) if change.at > 0]
    if not changes or draw(st.integers(0, 3)) == 0:
        return draw(st.datetimes(datetime(1970, 1, 4), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    around = timedelta(minutes=draw(st.integers(-1600, 400)), seconds=draw(st.sampled_from([0, 0, 0, 1, 30, 59])))
    return EPOCH + timedelta(seconds=draw(st.sampled_from(changes))) + around
