"""The table of coming runs that `next`, `explain` and `up` print."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from scheduler.cli.output import count
from scheduler.cli.table import Column, Table
from scheduler.cli.timeline import Coming, Skipped
from scheduler.cli.when import day, local, local_date, need_seconds, offset, relative, span
from scheduler.timetable.calendar import WEEKDAYS

_COLUMNS = (
    Column("time", style="cyan"),
    Column("from now", rank=2),
    Column("job", style="bold", least=12),
    Column("timezone", rank=3),
    # Empty, and on a terminal left out, where runs are dispatched at the time that their schedule names.
    Column("nominal", rank=1),
)
# So many days in a row that a job is kept off get a line each; more of them share one.
_MOST_LINES = 3


def runs_table(runs: Sequence[Coming], now: datetime, skipped: Sequence[Skipped] = ()) -> Table:
    """Return the runs in the order given, with a line wherever a zone's clocks change between two.

    What is `skipped`, in time order, gets lines in between.
    """
    table = Table(_COLUMNS)
    at_seconds = need_seconds(run.at for run in runs)
    nominal_seconds = need_seconds(run.occurrence.nominal for run in runs)
    last_of_zone: dict[str, datetime] = {}
    waiting: list[Skipped] = []
    rows: list[Coming | Skipped] = [*runs, *skipped]
    for row in sorted(rows, key=_at):
        if isinstance(row, Skipped):
            waiting.append(row)
            continue
        _add_skipped(table, waiting)
        waiting = []
        zone, nominal = row.job.timezone, row.occurrence.nominal
        before = last_of_zone.get(zone, row.at)
        if offset(before, zone) != offset(row.at, zone):
            table.add_line(clock_change(before, row.at, zone))
        last_of_zone[zone] = row.at
        if moved_from := row.job.timetable.moved_from(row.occurrence):
            table.add_line(f"{row.job.name} moved from {_named(local_date(nominal, zone), moved_from)}")
        scheduled = "" if nominal == row.at else local(nominal, zone, seconds=nominal_seconds)
        table.add(local(row.at, zone, seconds=at_seconds), relative(row.at, now), row.job.name, zone, scheduled)
    _add_skipped(table, waiting)
    return table


def clock_change(before: datetime, after: datetime, timezone: str) -> str:
    """Say how the zone's clocks changed between two instants: by how much, from which offset to which."""
    old, new = offset(before, timezone), offset(after, timezone)
    moved = _length(new) - _length(old)
    way = "forward" if moved > timedelta(0) else "back"
    return f"{timezone}: clocks go {way} {span(abs(moved))}, from {old} to {new}"


def _add_skipped(table: Table, skipped: Sequence[Skipped]) -> None:
    by_job: dict[str, list[Skipped]] = {}
    for one in skipped:
        by_job.setdefault(one.job.name, []).append(one)
    lines: list[tuple[datetime, str]] = []
    for days in by_job.values():
        lines += [_all(days)] if len(days) > _MOST_LINES else map(_each, days)
    for _, line in sorted(lines):
        table.add_line(line)


def _each(skipped: Skipped) -> tuple[datetime, str]:
    name, times = skipped.skip.name, skipped.skip.count
    reason = "" if name in WEEKDAYS else f": {name}"
    if times > 1:
        return skipped.at, f"{day(skipped.day)}  {skipped.job.name} skipped, {count(times, 'run')}{reason}"
    return skipped.at, f"{local(skipped.at, skipped.job.timezone)}  {skipped.job.name} skipped{reason}"


def _all(skipped: Sequence[Skipped]) -> tuple[datetime, str]:
    first, last = skipped[0], skipped[-1]
    runs = count(sum(one.skip.count for one in skipped), "run")
    days = f"{day(first.day)} … {day(last.day)}"
    return first.at, f"{days}  {first.job.name} skipped, {runs} on {count(len(skipped), 'day')}"


def _named(of: date, name: str) -> str:
    """Write `Friday 2026-05-01: Labour Day`, and only `Friday 2026-05-01` where the day has no other name."""
    weekday = WEEKDAYS[of.weekday()]
    return f"{weekday} {of.isoformat()}" + ("" if name == weekday else f": {name}")


def _at(row: Coming | Skipped) -> datetime:
    return row.at


def _length(offset: str) -> timedelta:
    hours, minutes, *seconds = (int(part) for part in offset[1:].split(":"))
    length = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return -length if offset[0] == "-" else length
