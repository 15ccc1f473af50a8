"""What the tests of timetables share: a zone, a morning run, a holiday, and runs on the clocks there."""

from datetime import UTC, date, datetime

from scheduler.timetable import (
    Calendar,
    Cron,
    Timetable,
    zone,
)

BERLIN = "Europe/Berlin"
LABOUR_DAY = date(2026, 5, 1)  # a Friday
HOLIDAYS = Calendar(frozenset({LABOUR_DAY}), names={LABOUR_DAY: "Labour Day"}, label="de-holidays")
MORNING = Cron("0 7 * * *", BERLIN)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone(BERLIN)).astimezone(UTC)


def runs(timetable: Timetable, first: str, last: str) -> list[tuple[str, str]]:
    """Each run as its nominal and its dispatch time on the clocks of the timetable's zone, by minute."""
    due = timetable.due(berlin(first), berlin(last))
    place = zone(timetable.timezone)
    return [tuple(f"{at.astimezone(place):%a %d %H:%M}" for at in run) for run in due]  # type: ignore[misc]
