"""`scheduler cancel`: a run that is not to go on."""

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import json_option, run_argument
from scheduler.cli.output import show_json


@click.command(name="cancel")
@run_argument("run")
@json_option
@pass_invocation
def command(invocation: Invocation, run: str, as_json: bool) -> None:
    """Stop a run, or keep it from starting.

    Its outcome is `cancelled`, which is no failure, and its reason is who asked for it. A run that has not started
    ends at once. One that is running is stopped by its worker within seconds; it has no further attempts.

    \b
    Examples:
      scheduler cancel daily-sales@2026-03-30T05:00:00Z
      scheduler cancel daily-sales+2026-03-30T09:41:07.123456Z --json
    """
    # redis-py takes longer to import than most commands take to run.
    from scheduler.cli.cancelling import cancel_run
    from scheduler.cli.ledger import open_ledger

    with open_ledger(invocation.settings) as ledger:
        done = cancel_run(ledger, run)
    if as_json:
        show_json({"run": run, "cancelled": done.at_once, "was": done.row.state, "worker": done.row.worker})
    elif done.at_once:
        click.echo(f"{run} is cancelled: it had not {'gone on' if done.row.attempt else 'started'}.")
    else:
        click.echo(f"{run} is to be cancelled: {done.row.worker or 'its worker'} stops it within seconds.")
