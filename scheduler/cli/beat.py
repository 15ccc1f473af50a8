"""`scheduler beat`: Celery's beat with our scheduler."""

import click

from scheduler.cli.celery_start import start
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import log_level_option


@click.command(name="beat")
@log_level_option
@pass_invocation
@click.pass_context
def command(ctx: click.Context, invocation: Invocation, log_level: str | None) -> None:
    """Run the beat, which dispatches what is due.

    Run as many as you like: one leads, the others stand by and take over when it stops. The same as
    `celery -A scheduler beat`, with the settings of the environment.

    \b
    Examples:
      SCHEDULER_REDIS_URL=redis://redis:6379/0 scheduler beat
      scheduler beat --loglevel debug
    """
    ctx.exit(start(["beat", "--loglevel", log_level or invocation.settings.log_level]))
