"""`scheduler load`: how many jobs run in each minute of a day."""

import shutil
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import click

from scheduler.cli.day_window import DayWindow, window
from scheduler.cli.encoding import can_print
from scheduler.cli.flatten import Flattened, flatten
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.minute_chart import BARS, MinuteChart
from scheduler.cli.moment import read_day
from scheduler.cli.options import file_option, json_option
from scheduler.cli.output import count, show_json, show_text
from scheduler.cli.selection import select
from scheduler.cli.table import Column, Table, on_terminal, show
from scheduler.cli.when import clock, day, local_date, local_stamp, stamp
from scheduler.jobs import Job
from scheduler.jobs.minutes import begin, jobs_in, jobs_per_minute, shared
from scheduler.timetable import zone
from scheduler.timetable.duration import format_duration

_PIPED_WIDTH = 80
_BUSIEST = 5
# A minute with one job is not busy.
_BUSY = 2
_NAMES_SHOWN = 8
_COLUMNS = (Column("busiest", style="cyan"), Column("jobs"), Column("names", least=20))


@click.command(name="load")
@click.option("--day", "day_text", metavar="DATE", help='Which day: "today", "tomorrow" or a date. [default: today]')
@click.option("--timezone", "timezone", metavar="ZONE", help="The zone whose day it is. [default: the file's]")
@file_option
@json_option
@pass_invocation
def command(
    invocation: Invocation, day_text: str | None, timezone: str | None, file: Path | None, as_json: bool
) -> None:
    """Show how many jobs run in each minute of a day.

    A row for each hour, a column for each minute; then the busiest minutes with their jobs, and what `jitter` would
    make of the first. A job counts once in a minute, however often it runs in it. Reads only the file.

    \b
    Examples:
      scheduler load
      scheduler load --day tomorrow --timezone America/New_York
      scheduler load --day 2026-12-31 --json | jq '.busiest[0]'
    """
    schedule_file = invocation.schedule_file(file)
    jobs = select(schedule_file, ())
    timezone = zone(timezone or schedule_file.timezone).key
    today = local_date(invocation.clock.now(), timezone)
    of = read_day(day_text, today, "--day") if day_text is not None else today
    span = window(of, of, timezone)
    counts = jobs_per_minute(jobs, *span)
    busiest = _busiest(counts)
    flattened = flatten(busiest[0], jobs) if busiest else None
    runs = _runs(jobs, span)
    if as_json:
        show_json(_fields(of, timezone, span, jobs, runs, counts, busiest, flattened))
        return
    click.echo(f"{day(of)}, {timezone}: {count(len(jobs), 'job')}, {count(runs, 'run')}")
    click.echo()
    terminal = on_terminal()
    width = shutil.get_terminal_size().columns if terminal else _PIPED_WIDTH
    for line in MinuteChart(counts, span, timezone).lines(width, bars=terminal and can_print(BARS)):
        click.echo(line)
    _show_busiest(busiest, counts, jobs, timezone)
    if flattened:
        click.echo()
        show_text(_advice(flattened, timezone))


def _busiest(counts: Counter[int]) -> list[int]:
    """Return the fullest minutes, fullest first, then earliest."""
    busy = ((minute, number) for minute, number in counts.items() if number >= _BUSY)
    return [minute for minute, _ in sorted(busy, key=lambda item: (-item[1], item[0]))[:_BUSIEST]]


def _runs(jobs: list[Job], span: DayWindow) -> int:
    return sum(number * timetable.count(*span) for timetable, number in shared(jobs))


def _show_busiest(busiest: list[int], counts: Counter[int], jobs: list[Job], timezone: str) -> None:
    if not busiest:
        return
    table = Table(_COLUMNS)
    for minute in busiest:
        names = [job.name for job in islice(jobs_in(minute, jobs), _NAMES_SHOWN)]
        more = counts[minute] - len(names)
        shown = ", ".join(names) + (f" and {more:,} more" if more else "")
        table.add(clock(begin(minute), timezone), f"{counts[minute]:,}", shown)
    click.echo()
    show(table)


def _advice(flattened: Flattened, timezone: str) -> str:
    length = format_duration(flattened.length)
    all_of_them = len(flattened.spread) == flattened.jobs
    which = "them" if all_of_them else f"the {len(flattened.spread):,} of them that can wait so long"
    return (
        f"{count(flattened.jobs, 'job')} start at {clock(begin(flattened.minute), timezone)}: "
        f'"jitter: {length}" on {which} would leave at most {flattened.leaves:,} in a minute.'
    )


def _fields(
    of: date,
    timezone: str,
    span: DayWindow,
    jobs: list[Job],
    runs: int,
    counts: Counter[int],
    busiest: list[int],
    flattened: Flattened | None,
) -> dict[str, Any]:
    return {
        "day": of.isoformat(),
        "timezone": timezone,
        "from": stamp(span.start),
        "until": stamp(span.end),
        "jobs": len(jobs),
        "runs": runs,
        "minutes": [_minute_fields(minute, timezone, number) for minute, number in sorted(counts.items())],
        "busiest": [
            {
                **_minute_fields(minute, timezone, counts[minute]),
                "names": [job.name for job in jobs_in(minute, jobs)],
            }
            for minute in busiest
        ],
        "jitter": _jitter_fields(flattened, timezone) if flattened else None,
    }


def _minute_fields(minute: int, timezone: str, number: int) -> dict[str, Any]:
    instant = begin(minute)
    return {"minute": stamp(instant), "local": local_stamp(instant, timezone), "jobs": number}


def _jitter_fields(flattened: Flattened, timezone: str) -> dict[str, Any]:
    return {
        **_minute_fields(flattened.minute, timezone, flattened.jobs),
        "jitter": format_duration(flattened.length),
        "names": [job.name for job in flattened.spread],
        "leaves": flattened.leaves,
    }
