"""`scheduler trigger`: a job's message onto its queue, now."""

from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import job_argument, json_option
from scheduler.cli.output import notice, show_json
from scheduler.cli.when import stamp

if TYPE_CHECKING:
    from scheduler.cli.sending import Sent
    from scheduler.store.runs.row import Row


@click.command(name="trigger")
@job_argument("name", several=False)
@click.option("--wait", is_flag=True, help="Print its log until it has ended, and exit as it did.")
@json_option
@pass_invocation
@click.pass_context
def command(ctx: click.Context, invocation: Invocation, name: str, wait: bool, as_json: bool) -> None:
    """Start a job now.

    It is a run with an id and a row of its own, whatever the job's schedule and its overlap say; the schedule stays as
    it is. The job is the one that is in force in Redis; a disabled one can be triggered too. In its templates, the
    occurrence is this moment. With --wait the exit code is that of the run's command, 0 if the run succeeded, and
    otherwise 1; Ctrl-C ends the waiting, and not the run.

    \b
    Examples:
      scheduler trigger daily-sales
      scheduler trigger daily-sales --wait
      scheduler trigger daily-sales --json | jq -r .run
    """
    # Celery takes longer to import than most commands take to run.
    from scheduler.cli.ledger import open_ledger
    from scheduler.cli.sending import send_now
    from scheduler.cli.waiting import exit_code, wait_for_end

    with open_ledger(invocation.settings) as ledger:
        sent = send_now(ledger.client, ledger.keys, name, to_wait=wait)
        if not as_json:
            said = f'{name}: run {sent.run_id} is on the queue "{sent.queue}"'
            # The log is the output then.
            click.echo(said, err=wait)
        if not sent.workers:
            notice(f'No live worker consumes the queue "{sent.queue}": the run waits there.')
        row = wait_for_end(ledger, sent.run_id, quiet=as_json) if wait else None
    if as_json:
        show_json(_fields(name, sent, row))
    if wait:
        ctx.exit(exit_code(row))


def _fields(name: str, sent: "Sent", row: "Row | None") -> dict[str, Any]:
    from scheduler.cli.run_fields import run_fields

    return {
        "job": name,
        "run": sent.run_id,
        "task_id": sent.task_id,
        "occurrence": stamp(sent.occurrence),
        "queue": sent.queue,
        "workers": list(sent.workers),
        "ended": run_fields(row) if row else None,
    }
