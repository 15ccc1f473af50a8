"""A table that is shown again each second, in place, until somebody has seen enough."""

import shutil
import time
from collections.abc import Callable
from typing import NoReturn

import click

from scheduler.cli.table import Table
from scheduler.cli.terminal import rich_text

_SECONDS = 1.0
# The title, the line below it, what is not shown at this width, and the line on which the cursor stands.
_OTHER_LINES = 4
_HOME, _ERASE_LINE, _ERASE_REST = "\x1b[H", "\x1b[K", "\x1b[J"


def watch(table: Callable[[int], Table]) -> NoReturn:
    """Show what `table` returns for as many rows as fit, until KeyboardInterrupt. The terminal's width may change."""
    click.echo(f"{_HOME}{_ERASE_REST}", nl=False)
    while True:
        rows = max(1, shutil.get_terminal_size().lines - _OTHER_LINES)
        text = rich_text(table(rows)).replace("\n", f"{_ERASE_LINE}\n")
        # Written over what stands there, which does not flicker as it would if the screen were emptied first.
        click.echo(f"{_HOME}{text}{_ERASE_REST}", nl=False)
        time.sleep(_SECONDS)
