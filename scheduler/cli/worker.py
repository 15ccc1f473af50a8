"""`scheduler worker`: Celery's worker with our tasks."""

import click

from scheduler.cli.celery_start import start
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import log_level_option


@click.command(name="worker")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Runs at the same time. [default: SCHEDULER_CONCURRENCY, or one for each processor]",
)
@click.option("--queues", metavar="A,B", help="The queues to consume. [default: scheduler]")
@log_level_option
@pass_invocation
@click.pass_context
def command(
    ctx: click.Context,
    invocation: Invocation,
    concurrency: int | None,
    queues: str | None,
    log_level: str | None,
) -> None:
    """Run a worker, which executes what beat dispatches.

    Run as many as you like, on as many hosts. The first SIGTERM lets the runs in hand end. The same as
    `celery -A scheduler worker`, with the settings of the environment.

    \b
    Examples:
      SCHEDULER_REDIS_URL=redis://redis:6379/0 scheduler worker
      scheduler worker --concurrency 2 --queues gpu,scheduler --loglevel warning
    """
    settings = invocation.settings
    # Neither is of use here, and looking for neighbours takes a second of each start.
    arguments = ["worker", "--without-mingle", "--without-gossip"]
    arguments += ["--concurrency", str(concurrency or settings.concurrency)]
    if queues:
        arguments += ["--queues", queues]
    ctx.exit(start([*arguments, "--loglevel", log_level or settings.log_level]))
