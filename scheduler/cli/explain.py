"""`scheduler explain`: a cron expression in plain English."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import json_option, timezone_option
from scheduler.cli.output import show_json, show_text
from scheduler.cli.table import Column, Table, show
from scheduler.cli.when import local, local_stamp, relative, stamp
from scheduler.timetable import Cron

_COLUMNS = (Column("time", style="cyan"), Column("from now"))


@click.command(name="explain", context_settings={"ignore_unknown_options": True})
@click.argument("cron", nargs=-1, required=True, metavar="CRON")
@timezone_option
@click.option("-n", "number", type=click.IntRange(1, 100_000), default=5, show_default=True, help="How many times.")
@json_option
@pass_invocation
def command(invocation: Invocation, cron: tuple[str, ...], timezone: str, number: int, as_json: bool) -> None:
    """Say in plain English when a cron expression runs.

    Quote the expression: a shell puts file names in the place of a bare star.

    \b
    Examples:
      scheduler explain "0 7 * * mon-fri"
      scheduler explain "30 2 * * *" --timezone Europe/Berlin -n 10
      scheduler explain @daily --json
    """
    expression = _one(cron)
    schedule = Cron(expression, timezone)
    now = invocation.clock.now()
    instants = list(islice(_after(schedule, now), number))
    if as_json:
        show_json(_fields(expression, schedule, instants))
        return
    show_text(schedule.explain())
    table = Table(_COLUMNS)
    for instant in instants:
        table.add(local(instant, timezone), relative(instant, now))
    click.echo()
    show(table)


def _after(schedule: Cron, instant: datetime) -> Iterator[datetime]:
    following = schedule.after(instant)
    while following is not None:
        yield following
        following = schedule.after(following)


def _one(words: tuple[str, ...]) -> str:
    # Five words are the five fields without quotes, as long as no star among them became file names.
    if len(words) in (1, 5):
        return " ".join(words)
    raise click.UsageError(f'CRON is {len(words)} words: quote it, as in: scheduler explain "0 7 * * mon-fri"')


def _fields(expression: str, schedule: Cron, instants: list[datetime]) -> dict[str, Any]:
    zone = schedule.timezone
    return {
        "cron": expression,
        "timezone": zone,
        "means": schedule.explain(),
        "next": [{"occurrence": stamp(instant), "local": local_stamp(instant, zone)} for instant in instants],
    }
