"""`scheduler explain`: a cron expression, or a job's schedule, in plain English."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from scheduler.cli.clock_changes import Change, change_fields, changes_to_come, effect
from scheduler.cli.day_window import window
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import file_option, json_option, timezone_option
from scheduler.cli.output import count, show_json, show_text
from scheduler.cli.table import Column, Table, show
from scheduler.cli.when import clock, local, local_stamp, relative, stamp
from scheduler.timetable import Cron, Occurrence, Timetable

if TYPE_CHECKING:
    from scheduler.jobs import Job

_COLUMNS = (Column("time", style="cyan"), Column("from now"))
_CHANGES = 2
_MOST_SKIPS = 1_000
_MOST_LISTED = 3


@click.command(name="explain", context_settings={"ignore_unknown_options": True})
@click.argument("cron", nargs=-1, required=True, metavar="CRON")
@timezone_option
@click.option("-n", "number", type=click.IntRange(1, 100_000), default=5, show_default=True, help="How many times.")
@file_option
@json_option
@pass_invocation
@click.pass_context
def command(
    ctx: click.Context,
    invocation: Invocation,
    cron: tuple[str, ...],
    timezone: str,
    number: int,
    file: Path | None,
    as_json: bool,
) -> None:
    """Say in plain English when a cron expression or a job runs.

    CRON is an expression, or the name of a job of schedules.yaml. Quote an expression: a shell puts file names in the
    place of a bare star. What the next two clock changes of the zone do to it is said too.

    \b
    Examples:
      scheduler explain "0 7 * * mon-fri"
      scheduler explain "30 2 * * *" --timezone Europe/Berlin -n 10
      scheduler explain @daily --json
      scheduler explain daily-sales
    """
    text = _one(cron)
    job = _job(invocation, text, file)
    if job is not None and ctx.get_parameter_source("timezone") is not ParameterSource.DEFAULT:
        raise click.UsageError(f"{text} is a job, which has a timezone of its own: leave out --timezone")
    timetable = job.timetable if job else Timetable(Cron(text, timezone))
    now = invocation.clock.now()
    runs = list(islice(_after(timetable, now), number))
    changes = changes_to_come(timetable.timezone, now, _CHANGES)
    if as_json:
        show_json(_fields(timetable, job, runs, changes))
        return
    show_text(timetable.explain())
    click.echo()
    show(_job_table(job, runs, now) if job else _table(timetable.timezone, runs, now))
    _show_changes(timetable, changes)


def _job(invocation: Invocation, text: str, file: Path | None) -> "Job | None":
    """Return the job of that name; None where the text is an expression, right or wrong."""
    if not text or " " in text or text.startswith("@") or not invocation.path(file).exists():
        return None
    from scheduler.cli.selection import select  # an expression needs no file, whose reader is slow to import

    return select(invocation.schedule_file(file), [text])[0]


def _after(timetable: Timetable, mark: datetime) -> Iterator[Occurrence]:
    while (occurrence := timetable.next(mark)) is not None:
        yield occurrence
        mark = occurrence.dispatch


def _one(words: tuple[str, ...]) -> str:
    # Five words are the five fields without quotes, as long as no star among them became file names.
    if len(words) in (1, 5):
        return " ".join(words)
    raise click.UsageError(f'CRON is {len(words)} words: quote it, as in: scheduler explain "0 7 * * mon-fri"')


def _table(timezone: str, runs: list[Occurrence], now: datetime) -> Table:
    table = Table(_COLUMNS)
    for _, dispatch in runs:
        table.add(local(dispatch, timezone), relative(dispatch, now))
    return table


def _job_table(job: "Job", runs: list[Occurrence], now: datetime) -> Table:
    from scheduler.cli.runs_table import runs_table
    from scheduler.cli.timeline import Coming, skipped

    last = runs[-1].dispatch if runs else now
    skips = islice(skipped([job], now, last), _MOST_SKIPS)
    return runs_table([Coming(job, run) for run in runs], now, list(skips))


def _show_changes(timetable: Timetable, changes: list[Change]) -> None:
    if timetable.timezone == "UTC":
        return
    click.echo()
    if not changes:
        show_text(f"The clocks of {timetable.timezone} are not going to change.")
    for change in changes:
        show_text(f"{change.title()}: {_effect(timetable, change)}")


def _effect(timetable: Timetable, change: Change) -> str:
    """Say what the change does to the schedule and, where that does not say it all, when it is dispatched that day."""
    said = effect(timetable.schedule, change)
    if timetable == Timetable(timetable.schedule):
        return said
    day = change.affected[0].date()
    mark, until = window(day, day, timetable.timezone)
    number = timetable.count(mark, until)
    if number == 0 or number > _MOST_LISTED:
        return f"{said}; {count(number, 'run')} that day"
    times = " and ".join(clock(run.dispatch, timetable.timezone, seconds=True) for run in timetable.due(mark, until))
    return f"{said}; dispatched that day at {times}"


def _fields(timetable: Timetable, job: "Job | None", runs: list[Occurrence], changes: list[Change]) -> dict[str, Any]:
    zone, schedule = timetable.timezone, timetable.schedule
    return {
        "cron": schedule.expression if isinstance(schedule, Cron) else None,
        "timezone": zone,
        "means": timetable.explain(),
        "next": [
            {"occurrence": stamp(nominal), "local": local_stamp(dispatch, zone), "dispatch": stamp(dispatch)}
            for nominal, dispatch in runs
        ],
        "job": job.name if job else None,
        "clock_changes": [{**change_fields(change), "effect": _effect(timetable, change)} for change in changes],
    }
