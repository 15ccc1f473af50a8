"""The arguments and options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.invocation import Invocation
from scheduler.errors import SchedulerError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

FILE = click.Path(path_type=Path)

file_option = click.option(
    "--file",
    type=FILE,
    metavar="FILE",
    help="The schedule file. [default: SCHEDULER_FILE, or schedules.yaml]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, with every field and UTC times.")

timezone_option = click.option(
    "--timezone",
    "timezone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help='Such as "Europe/Berlin".',
)

log_level_option = click.option(
    "--loglevel",
    "log_level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    help="How much to log. [default: SCHEDULER_LOG_LEVEL, or info]",
)


def job_argument(name: str, *, several: bool, required: bool | None = None) -> Callable[[Any], Any]:
    """A job's name, which the shell completes from the schedule file; `required` unless there may be several."""
    needed = not several if required is None else required
    metavar = "[JOB]..." if several else "JOB" if needed else "[JOB]"
    nargs = -1 if several else 1
    return click.argument(name, nargs=nargs, required=needed, metavar=metavar, shell_complete=_job_names)


def _job_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    try:
        jobs = Invocation().load(ctx.params.get("file")).file.jobs
    except SchedulerError:
        # Half a command line is no place for an error message; the command itself will say it.
        return []
    return [CompletionItem(job.name, help=job.description) for job in jobs.values() if job.name.startswith(incomplete)]


def run_argument(name: str) -> Callable[[Any], Any]:
    """A run's id."""
    return click.argument(name, metavar="RUN")
