"""Tables: what they hold, how they are printed where no person looks, and who prints them where one does."""

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import click

_GAP = "  "
# Rich takes about half a millisecond a row, and nobody reads a table of this length from a terminal.
_MOST_ROWS_FOR_RICH = 500
OUTCOME_STYLES: Mapping[str, str] = {
    "failed": "red",
    "timed_out": "red",
    "lost": "red",
    "missed": "yellow",
    "skipped": "yellow",
    "cancelled": "yellow",
    "succeeded": "green",
    "running": "cyan",
}
_NO_STYLES: Mapping[str, str] = MappingProxyType({})


class Column(NamedTuple):
    """`rank` says which column a narrow terminal drops first (the highest); 0 is never dropped.

    `least` is the width down to which a narrow terminal may shorten its texts; 0 if it may not. `piped` columns are
    for programs: a terminal never shows them. `style` is Rich's, and `styles` are those of certain texts.
    """

    title: str
    rank: int = 0
    least: int = 0
    piped: bool = False
    style: str = ""
    styles: Mapping[str, str] = _NO_STYLES


class Table:
    """Rows of one text for each column; a row that is a plain text is a line across the table."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self.rows: list[Sequence[str] | str] = []

    def add(self, *cells: str) -> None:
        """Add a row. Control characters, which a file could hold to fool a terminal, are written out."""
        self.rows.append(tuple(printable(cell) for cell in cells))

    def add_line(self, text: str) -> None:
        """Add a line across the table."""
        self.rows.append(printable(text))


def show(table: Table) -> None:
    """Print the table: Rich's on a terminal, aligned text otherwise."""
    if on_terminal() and len(table.rows) <= _MOST_ROWS_FOR_RICH:
        # Rich takes as long to import as the rest of the command.
        from scheduler.cli.terminal import rich_text

        click.echo(rich_text(table), nl=False)
    else:
        click.echo(plain_text(table))


def on_terminal() -> bool:
    """Ask whether a person reads what is printed."""
    return sys.stdout.isatty()


def plain_text(table: Table) -> str:
    """Return aligned text: every column, nothing cut, `-` for what is empty, `#` before a line across."""
    titles = [column.title.upper() for column in table.columns]
    rows = [row if isinstance(row, str) else [cell or "-" for cell in row] for row in table.rows]
    cells = [titles, *(row for row in rows if not isinstance(row, str))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(f"# {row}" if isinstance(row, str) else _aligned(row, widths) for row in [titles, *rows])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def printable(text: str) -> str:
    """Return the text with line breaks and other control characters as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
