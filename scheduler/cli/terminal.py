"""Tables on a terminal, by Rich. Imported only when one is printed there."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from scheduler.cli.table import Column, Table

_GAP = 2


def rich_text(table: Table, console: Console | None = None) -> str:
    """Return the table for this terminal: empty columns left out, the rest made to fit its width."""
    console = console or Console()
    shown = _fitting(table, console.width)
    widths = _widths(table, shown, console.width)
    with console.capture() as capture:
        header = True
        for part in _parts(table):
            if isinstance(part, str):
                console.print(Text(part, style="yellow"), overflow="ellipsis", no_wrap=True)
            else:
                console.print(_rich_table(table.columns, part, shown, widths, header=header))
            header = False
        _print_hidden(console, table, shown)
    return capture.get()


def _parts(table: Table) -> Iterator[str | list[Sequence[str]]]:
    """Rich has no row across all columns, so each run of rows becomes a table, all of the same widths."""
    if not table.rows or isinstance(table.rows[0], str):
        yield []
    for is_line, rows in groupby(table.rows, key=lambda row: isinstance(row, str)):
        if is_line:
            yield from (str(row) for row in rows)
        else:
            yield [row for row in rows if not isinstance(row, str)]


def _cells(table: Table, index: int) -> Iterator[str]:
    return (row[index] for row in table.rows if not isinstance(row, str))


def _natural_width(table: Table, index: int) -> int:
    return max(cell_len(text) for text in (table.columns[index].title, *_cells(table, index)))


def _least_width(table: Table, index: int) -> int:
    natural = _natural_width(table, index)
    return min(natural, table.columns[index].least or natural)


def _fitting(table: Table, width: int) -> list[int]:
    """Return the indexes of the columns to show."""
    shown = [
        index
        for index, column in enumerate(table.columns)
        if not column.piped and (not column.rank or any(_cells(table, index)))
    ]
    by_rank = sorted((index for index in shown if table.columns[index].rank), key=lambda i: table.columns[i].rank)
    while by_rank and sum(_least_width(table, index) + _GAP for index in shown) - _GAP > width:
        shown.remove(by_rank.pop())
    return shown


def _widths(table: Table, shown: list[int], width: int) -> dict[int, int]:
    """Share out the terminal's width: the column with most to spare gives way first."""
    widths = {index: _natural_width(table, index) for index in shown}
    over = sum(widths.values()) + _GAP * (len(shown) - 1) - width
    while over > 0:
        widest = max(shown, key=lambda i: widths[i] - _least_width(table, i))
        if widths[widest] == _least_width(table, widest):
            break
        widths[widest] -= 1
        over -= 1
    return widths


def _rich_table(
    columns: Sequence[Column],
    rows: list[Sequence[str]],
    shown: list[int],
    widths: dict[int, int],
    *,
    header: bool,
) -> RichTable:
    rich = RichTable(box=box.SIMPLE_HEAD, show_header=header, show_edge=False, pad_edge=False)
    # The box puts one more space between two columns.
    rich.padding = (0, _GAP - 1, 0, 0)
    for index in shown:
        column = columns[index]
        rich.add_column(column.title, style=column.style, width=widths[index], no_wrap=True, overflow="ellipsis")
    for row in rows:
        rich.add_row(*(Text(row[index], style=columns[index].styles.get(row[index], "")) for index in shown))
    return rich


def _print_hidden(console: Console, table: Table, shown: list[int]) -> None:
    hidden = [
        column.title
        for index, column in enumerate(table.columns)
        if index not in shown and not column.piped and any(_cells(table, index))
    ]
    if hidden:
        console.print(Text(f"Not shown at this width: {', '.join(hidden)}", style="dim"))
