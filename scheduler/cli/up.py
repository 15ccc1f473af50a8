"""`scheduler up`: the whole service in one terminal."""

from dataclasses import replace
from pathlib import Path

import click

from scheduler.cli.banner import FIRST_JOB, first_lines, last_lines, next_runs
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import file_option
from scheduler.cli.table import show


@click.command(name="up")
@file_option
@pass_invocation
@click.pass_context
def command(ctx: click.Context, invocation: Invocation, file: Path | None) -> None:
    """Run the whole service: Redis if you have none, beat and workers.

    Says first what runs when, then starts everything in this terminal and keeps it running. Ctrl-C or SIGTERM
    stops it: runs in hand get SCHEDULER_GRACE (25s) to end. With SCHEDULER_REDIS_URL it uses that server and
    starts none.

    \b
    Examples:
      scheduler up
      scheduler up --file deploy/schedules.yaml
      SCHEDULER_REDIS_URL=redis://redis:6379/0 scheduler up
    """
    settings = replace(invocation.settings, file=invocation.path(file))
    if settings.file.exists():
        _show_jobs(invocation, settings.file)
    else:
        click.echo(FIRST_JOB.format(path=settings.file))
    click.echo(last_lines(settings))
    # The supervisor and the embedded server are of use to this command alone.
    from scheduler.up import run

    ctx.exit(run(settings))


def _show_jobs(invocation: Invocation, path: Path) -> None:
    """Print the jobs and when they run next. Raises click.ClickException."""
    file = invocation.schedule_file(path)
    table, more = next_runs(file, invocation.clock.now())
    click.echo(first_lines(file) + "\n")
    if table.rows:
        show(table)
    if more:
        click.echo(f"and {more:,} more: scheduler next -n {more + len(table.rows)}")
    click.echo()
