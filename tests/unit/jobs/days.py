"""The days of a timetable that tests look at."""

from datetime import UTC, datetime, timedelta
from itertools import islice

from scheduler.timetable import Timetable


def skipped(timetable: Timetable, year: int = 2026) -> dict[str, str]:
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return {skip.nominal.astimezone(UTC).date().isoformat(): skip.name for skip in timetable.skips(begin, end)}


def runs(timetable: Timetable, since: str, number: int) -> list[str]:
    begin = datetime.fromisoformat(since).replace(tzinfo=UTC)
    return [one.dispatch.isoformat()[:16] for one in islice(timetable.due(begin, begin + timedelta(days=800)), number)]
