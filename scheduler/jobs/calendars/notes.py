"""What is right in the calendars of a file, but may not be what was meant."""

from collections.abc import Container, Mapping
from datetime import datetime

from scheduler.jobs.calendars.named import NamedCalendar
from scheduler.jobs.calendars.years import years
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode


def note_calendars(
    calendars: Mapping[str, NamedCalendar], heeded: Container[str], root: MapNode, now: datetime, findings: Findings
) -> None:
    """Warn of calendars that no job heeds, whose days are past, or which end before another year has gone by."""
    node = root.values.get("calendars")
    if not isinstance(node, MapNode):
        return
    last = years()[-1]
    if now.year >= last:
        what = f"holidays and other days of each year are worked out up to {last} only"
        findings.warning(root.keys["calendars"], ("calendars",), what, "later versions of holidays and tzdata")
    for name, calendar in calendars.items():
        mark, way = node.keys[name], ("calendars", name)
        if name not in heeded:
            findings.warning(mark, way, "no job heeds it", f"skip_on: {name} or only_on: {name} in a job")
        days = calendar.days
        if days.days and not days.weekdays and max(days.days) < now.date():
            findings.warning(mark, way, f"its last day, {max(days.days)}, is past", "a day to come")
