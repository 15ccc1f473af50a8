"""`scheduler trigger`: a job's message onto its queue, now."""

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import job_argument, json_option
from scheduler.cli.output import notice, show_json
from scheduler.cli.when import stamp


@click.command(name="trigger")
@job_argument("name", several=False)
@json_option
@pass_invocation
def command(invocation: Invocation, name: str, as_json: bool) -> None:
    """Start a job now.

    Its message goes onto its queue at once, and its schedule stays as it is. The job is the one that is in force in
    Redis; a disabled one can be triggered too. In its templates, the occurrence is this moment.

    \b
    Examples:
      scheduler trigger daily-sales
      scheduler trigger daily-sales --json | jq -r .run
    """
    # Celery takes longer to import than most commands take to run.
    from scheduler.cli.sending import send_now

    sent = send_now(invocation.settings, name)
    if as_json:
        show_json(
            {
                "job": name,
                "run": sent.run_id,
                "task_id": sent.task_id,
                "occurrence": stamp(sent.occurrence),
                "queue": sent.queue,
                "workers": list(sent.workers),
            }
        )
    else:
        click.echo(f'{name}: run {sent.run_id} is on the queue "{sent.queue}"')
    if not sent.workers:
        notice(f'No live worker consumes the queue "{sent.queue}": the run waits there.')
