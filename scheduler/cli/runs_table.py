"""The table of coming runs that `next` and `up` print."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler.cli.table import Column, Table
from scheduler.cli.timeline import Coming
from scheduler.cli.when import local, need_seconds, offset, relative, span

_COLUMNS = (
    Column("time", style="cyan"),
    Column("from now", rank=1),
    Column("job", style="bold", least=12),
    Column("timezone", rank=2),
)


def runs_table(runs: Sequence[Coming], now: datetime) -> Table:
    """Return the runs in the order given, with a line wherever a zone's clocks change between two."""
    table = Table(_COLUMNS)
    seconds = need_seconds(run.at for run in runs)
    last_of_zone: dict[str, datetime] = {}
    for run in runs:
        zone = run.job.timezone
        before = last_of_zone.get(zone, run.at)
        if offset(before, zone) != offset(run.at, zone):
            table.add_line(clock_change(before, run.at, zone))
        last_of_zone[zone] = run.at
        table.add(local(run.at, zone, seconds=seconds), relative(run.at, now), run.job.name, zone)
    return table


def clock_change(before: datetime, after: datetime, timezone: str) -> str:
    """Say how the zone's clocks changed between two instants: by how much, from which offset to which."""
    old, new = offset(before, timezone), offset(after, timezone)
    moved = _length(new) - _length(old)
    way = "forward" if moved > timedelta(0) else "back"
    return f"{timezone}: clocks go {way} {span(abs(moved))}, from {old} to {new}"


def _length(offset: str) -> timedelta:
    hours, minutes, *seconds = (int(part) for part in offset[1:].split(":"))
    length = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return -length if offset[0] == "-" else length
