"""`scheduler worker`: Celery's workers with our tasks."""

from dataclasses import replace

import click

from scheduler.cli.celery_start import start
from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import log_level_option
from scheduler.jobs.message import COMMANDS_QUEUE, DEFAULT_QUEUE
from scheduler.settings import Settings
from scheduler.store.server import find_server

_LABEL = "workers"
_QUEUES = {"tasks": DEFAULT_QUEUE, "commands": COMMANDS_QUEUE}


@click.command(name="worker")
@click.option(
    "--only",
    type=click.Choice(["tasks", "commands"]),
    help="Execute these alone, and refuse the others. [default: SCHEDULER_ONLY, or both]",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Tasks at the same time. [default: SCHEDULER_CONCURRENCY, or one for each processor]",
)
@click.option(
    "--commands",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Commands and requests at the same time. [default: SCHEDULER_COMMANDS, or 256]",
)
@click.option(
    "--queues",
    metavar="A,B",
    help="The queues to consume, in one process for tasks of any kind. [default: scheduler, scheduler-commands]",
)
@log_level_option
@pass_invocation
@click.pass_context
def command(
    ctx: click.Context,
    invocation: Invocation,
    only: str | None,
    concurrency: int | None,
    commands: int | None,
    queues: str | None,
    log_level: str | None,
) -> None:
    """Run workers, which execute what beat dispatches.

    There are two: one runs each task in a process, the other runs commands and HTTP requests in threads, hundreds at
    the same time. --only runs one of them, so that each kind can have its own containers; it refuses the other kind.
    With --queues there is one worker, with a process for each task of whatever kind.

    Run as many as you like, on as many hosts. The first SIGTERM lets the runs in hand end.
    `celery -A scheduler worker` does the same as one worker of processes for both kinds.

    \b
    Examples:
      SCHEDULER_REDIS_URL=redis://redis:6379/0 scheduler worker
      scheduler worker --only tasks --concurrency 2
      scheduler worker --queues gpu,scheduler --loglevel warning
    """
    settings = invocation.settings
    if only and settings.only not in ("", only):
        raise click.UsageError(f"--only {only} contradicts SCHEDULER_ONLY={settings.only}")
    settings = replace(
        settings,
        only=only or settings.only,
        concurrency=concurrency or settings.concurrency,
        commands=commands or settings.commands,
        log_level=log_level or settings.log_level,
    )
    ctx.exit(_both(settings) if not settings.only and queues is None else _one(settings, queues))


def _one(settings: Settings, queues: str | None) -> int:
    """Become the worker of one kind, or the one of these queues."""
    is_for_commands = settings.only == "commands"
    size = settings.commands if is_for_commands else settings.concurrency
    # Neither is of use here, and looking for neighbours takes a second of each start.
    arguments = ["worker", "--without-mingle", "--without-gossip", "--concurrency", str(size)]
    arguments += ["--queues", queues or _QUEUES[settings.only], "--loglevel", settings.log_level]
    if is_for_commands:
        # Two workers of one host need two names.
        arguments += ["--pool", "threads", "--hostname", "commands@%h"]
    return start(arguments, scheduler_only=settings.only)


def _both(settings: Settings) -> int:
    """Keep the two workers running below this process."""
    # Said once, and not by two workers over and over.
    find_server(settings)
    # The supervisor is of use to `up` and to this command alone.
    from scheduler.parent_death import adopt_orphans
    from scheduler.up import supervise, worker_programs
    from scheduler.up.child import Child

    sizes = ("--concurrency", str(settings.concurrency), "--commands", str(settings.commands))
    programs = worker_programs(settings, *sizes, "--loglevel", settings.log_level)
    adopt_orphans()
    return supervise([[Child(program) for program in programs]], settings, _LABEL)
