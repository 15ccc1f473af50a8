"""`scheduler runs`: what ran, what is running, and what did not run."""

from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.moment import read_past
from scheduler.cli.options import job_argument, json_option
from scheduler.cli.output import notice, show_json
from scheduler.cli.table import on_terminal, show
from scheduler.cli.when import stamp

if TYPE_CHECKING:
    from scheduler.cli.ledger import Ledger
    from scheduler.cli.table import Table
    from scheduler.store.runs.row import Row

_DEFAULT_ROWS = 20
_OUTCOMES = ("succeeded", "failed", "timed_out", "cancelled", "lost", "skipped", "missed")


@click.command(name="runs")
@job_argument("job", several=False, required=False)
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="Only runs that ended so.")
@click.option("--since", metavar="TIME", help='Only runs dispatched since then: "1d" is a day ago.')
@click.option("-n", "number", type=click.IntRange(1, 100_000), default=_DEFAULT_ROWS, help="How many. [default: 20]")
@click.option("--watch", is_flag=True, help="Show it again each second, until Ctrl-C.")
@json_option
@pass_invocation
def command(
    invocation: Invocation,
    job: str | None,
    outcome: str | None,
    since: str | None,
    number: int,
    watch: bool,
    as_json: bool,
) -> None:
    """Show what ran, what is running, and what did not run.

    The latest first; those that have not ended before all others. Each occurrence has one row, whether it ran, was
    skipped or missed; those that were missed one after the other share one. A TIME is a duration before now such as 2h
    or 7d, or an ISO time, which without an offset is read in the job's zone, or else in UTC.

    \b
    Examples:
      scheduler runs
      scheduler runs daily-sales --since 7d
      scheduler runs --outcome failed --since 1d
      scheduler runs --watch
      scheduler runs --json | jq -r '.runs[] | select(.outcome == "failed") | .id'
    """
    if watch and (as_json or not on_terminal()):
        raise click.UsageError("--watch needs a terminal, and no --json")
    # redis-py takes longer to import than most commands take to run.
    from scheduler.cli.ledger import open_ledger

    with open_ledger(invocation.settings) as ledger:
        if job is not None:
            ledger.check_job(job)
        zone = ledger.zone(job) if job and since else "UTC"
        earliest = read_past(since, ledger.now, zone, "--since") if since else None
        if watch:
            _watch(ledger, job, outcome, earliest, number)
        rows = _read(ledger, job, outcome, earliest, number + 1)
        shown = rows[:number]
        if as_json:
            cut = len(rows) > number
            show_json({"now": stamp(ledger.now), "cut": cut, "runs": [_fields(row) for row in shown]})
            return
        if shown:
            show(_table(ledger, shown))
    if not rows:
        notice("No run is recorded yet." if not (job or outcome or earliest) else "No run is recorded that is meant.")
    if len(rows) > number:
        notice(f"There are more than these {number:,} runs. Ask for more with -n.")


def _read(ledger: "Ledger", job: str | None, outcome: str | None, since: datetime | None, number: int) -> "list[Row]":
    live = [] if outcome else ledger.history.live(job, number)
    meant = (row for row in live if since is None or row.dispatched is None or row.dispatched >= since)
    return list(islice(chain(meant, ledger.history.ended(job, outcome=outcome, since=since)), number))


def _fields(row: "Row") -> dict[str, object]:
    from scheduler.cli.run_fields import run_fields

    return run_fields(row)


def _table(ledger: "Ledger", rows: "list[Row]") -> "Table":
    from scheduler.cli.ledger_table import ledger_table
    from scheduler.store.job_zones import read_zones

    return ledger_table(rows, read_zones(ledger.client, ledger.keys, (row.job for row in rows)), ledger.now)


def _watch(ledger: "Ledger", job: str | None, outcome: str | None, since: datetime | None, number: int) -> None:
    from scheduler.cli.watching import watch

    watch(lambda most: _table(ledger, _read(ledger, job, outcome, since, min(most, number))))
