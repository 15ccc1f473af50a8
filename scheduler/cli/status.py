"""`scheduler status`: what is in Redis and who is alive."""

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import json_option
from scheduler.cli.output import show_json


@click.command(name="status")
@click.option(
    "-n",
    "number",
    type=click.IntRange(1, 10_000),
    default=5,
    show_default=True,
    help="How many next dispatches.",
)
@json_option
@pass_invocation
def command(invocation: Invocation, number: int, as_json: bool) -> None:
    """Show what is in Redis: jobs, beat, workers and queues.

    Shows what is in force, which after a faulty edit of schedules.yaml is not what the file says, and warns of what
    keeps jobs from running. Times are those of Redis's clock, by which the beat decides what is due. The exit code
    is 0 whatever it warns of, and 1 only where no server answers.

    \b
    Examples:
      scheduler status
      scheduler status --json | jq -e '.warnings == []'
    """
    # redis-py takes longer to import than most commands take to run.
    from scheduler.celery import app
    from scheduler.cli.consumers import with_foreign_consumers
    from scheduler.cli.server import asking
    from scheduler.cli.status_fields import status_fields
    from scheduler.cli.status_text import show_status
    from scheduler.store.keys import Keys
    from scheduler.store.status import read_status

    with asking(invocation.settings) as (client, url):
        status = with_foreign_consumers(read_status(client, Keys(invocation.settings.key_prefix), app, shown=number))
    if as_json:
        show_json(status_fields(status, url))
    else:
        show_status(status, url)
