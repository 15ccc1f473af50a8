"""The command line. This file imports no command: the one that runs is imported then, and no other."""

import atexit
import gc

import click

from scheduler import __version__
from scheduler.cli.encoding import replace_the_unwritable
from scheduler.cli.group import LazyGroup

_OBJECTS_BETWEEN_COLLECTIONS = 50_000

# Where each command lives and its summary. The summaries stand here too so that `scheduler --help` and the
# shell's completion answer without importing all of them; a test keeps them equal to the commands' own.
COMMANDS = {
    "up": ("scheduler.cli.up", "Run the whole service: Redis if you have none, beat and workers."),
    "check": ("scheduler.cli.check", "Check schedules.yaml and say every problem in it."),
    "list": ("scheduler.cli.list", "List the jobs of schedules.yaml."),
    "next": ("scheduler.cli.next", "Show when the jobs of schedules.yaml run next."),
    "explain": ("scheduler.cli.explain", "Say in plain English when a cron expression or a job runs."),
    "calendar": ("scheduler.cli.calendar", "Show a month: the runs of each day, and holidays."),
    "load": ("scheduler.cli.load", "Show how many jobs run in each minute of a day."),
    "status": ("scheduler.cli.status", "Show what is in Redis: jobs, beat, workers and queues."),
    "runs": ("scheduler.cli.runs", "Show what ran, what is running, and what did not run."),
    "logs": ("scheduler.cli.logs", "Print what a run said."),
    "cancel": ("scheduler.cli.cancel", "Stop a run, or keep it from starting."),
    "why": ("scheduler.cli.why", "Say why a job ran, or did not."),
    "apply": ("scheduler.cli.apply", "Put the jobs of a file into force, and say what that changes."),
    "trigger": ("scheduler.cli.trigger", "Start a job now."),
    "beat": ("scheduler.cli.beat", "Run the beat, which dispatches what is due."),
    "worker": ("scheduler.cli.worker", "Run workers, which execute what beat dispatches."),
    "health": ("scheduler.cli.health", "Say whether the processes in this container are well."),
}


@click.command(cls=LazyGroup, commands_table=COMMANDS)
@click.version_option(__version__, prog_name="scheduler", message="%(prog)s %(version)s")
def cli() -> None:
    """Run the jobs of schedules.yaml: a cron replacement that runs as a service.

    \b
    Examples:
      scheduler check
      scheduler next
      scheduler up
    """


def main() -> None:
    """Run the command that the process's arguments name, and exit with its code."""
    # Looking for garbage, most of it once more at the end, takes an eighth of a short command's time.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    replace_the_unwritable()
    cli(prog_name="scheduler")
