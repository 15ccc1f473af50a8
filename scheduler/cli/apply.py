"""`scheduler apply`: the jobs of a file into force, now."""

from pathlib import Path
from typing import Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import FILE, json_option
from scheduler.cli.output import count, notice, show_json
from scheduler.store.difference import Difference


@click.command(name="apply")
@click.argument("file", type=FILE, required=False, metavar="[FILE]")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@json_option
@pass_invocation
def command(invocation: Invocation, file: Path | None, dry_run: bool, as_json: bool) -> None:
    """Put the jobs of a file into force, and say what that changes.

    All of it or, where something is wrong with the file, none. The beat that leads carries it out between two of its
    passes; without a beat it is done here. It stands until the file of a beat changes. FILE is SCHEDULER_FILE, or
    schedules.yaml, if it is left out.

    \b
    Examples:
      scheduler apply
      scheduler apply deploy/schedules.yaml --dry-run
      scheduler apply --json | jq '.removed'
    """
    from scheduler.cli.applying import Application, Applied
    from scheduler.cli.server import asking

    content = invocation.schedule_file(file)
    path = invocation.path(file)
    with asking(invocation.settings) as (client, _):
        application = Application(invocation.settings, client)
        applied = Applied(application.preview(content)) if dry_run else application.apply(content, path)
    if as_json:
        show_json(_fields(path, applied.difference, applied.taken, applied.waiting, in_force=not dry_run))
    else:
        click.echo("\n".join(_lines(path, applied.difference, dry_run=dry_run)))
    for name in applied.taken:
        notice(f'"{name}" is the name of an entry that an application saved; that one stays.')
    if applied.waiting:
        notice(f"{count(applied.waiting, 'new schedule')} will hold as soon as a beat has dispatched what is due.")


def _lines(path: Path, difference: Difference, *, dry_run: bool) -> list[str]:
    lines = [f"+ {name}" for name in difference.added]
    lines += [f"~ {name}" for name in difference.changed]
    lines += [f"> {name} (was {former})" for name, former in difference.renamed.items()]
    lines += [f"- {name}" for name in difference.removed]
    numbers = {
        "added": len(difference.added),
        "changed": len(difference.changed),
        "renamed": len(difference.renamed),
        "removed": len(difference.removed),
    }
    said = ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number) or "nothing changed"
    return [*lines, f"{path}: {said}{'; not applied' if dry_run else ''}"]


def _fields(
    path: Path, difference: Difference, taken: tuple[str, ...], waiting: int, *, in_force: bool
) -> dict[str, Any]:
    return {
        "file": str(path),
        "applied": in_force,
        "added": difference.added,
        "changed": difference.changed,
        "renamed": difference.renamed,
        "removed": difference.removed,
        "taken": list(taken),
        "waiting": waiting,
    }
