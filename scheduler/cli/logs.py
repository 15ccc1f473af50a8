"""`scheduler logs`: what a run said."""

from typing import TYPE_CHECKING

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import json_option, run_argument
from scheduler.cli.output import notice

if TYPE_CHECKING:
    from scheduler.store.runs.row import Row


@click.command(name="logs")
@run_argument("run")
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows, until the run has ended.")
@json_option
@pass_invocation
def command(invocation: Invocation, run: str, follow: bool, as_json: bool) -> None:
    """Print what a run said.

    RUN is the id of a run, or the name of a job for its latest run. The log is what the task logged, and what it wrote
    to standard output and standard error, in the order in which it came. With --json, each piece of it is an object on
    a line of its own.

    \b
    Examples:
      scheduler logs daily-sales
      scheduler logs daily-sales@2026-03-30T05:00:00Z
      scheduler logs daily-sales -f
      scheduler logs daily-sales --json | jq -r 'select(.channel == "stderr") | .text'
    """
    # redis-py takes longer to import than most commands take to run.
    from scheduler.cli.ledger import open_ledger
    from scheduler.cli.log_printer import LogPrinter
    from scheduler.cli.run_words import outcome_of

    with open_ledger(invocation.settings) as ledger:
        row = ledger.find(run)
        if row.id != run:
            notice(f"The latest run: {row.id}, {outcome_of(row)}")
        printer = LogPrinter(ledger, row.id, as_json=as_json)
        if follow:
            row = printer.follow() or row
        else:
            printer.print()
        if not printer.pieces:
            notice(_nothing(row, is_gone=printer.is_gone()))
        elif follow:
            notice(f"{row.id}: {outcome_of(row)}")


def _nothing(row: "Row", *, is_gone: bool) -> str:
    if is_gone:
        return f"The log of {row.id} is not kept any more: later logs needed the room."
    if row.state == "dispatched":
        return f"The workers of {row.id} keep no logs: theirs is the log of the run."
    if row.started is None:
        return f"{row.id} has no log: it has not started."
    return f"{row.id} has said nothing{'' if row.ended else ' so far'}."
