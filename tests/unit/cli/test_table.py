"""Tables, for programs and on terminals of several widths."""

import io

import pytest
from rich.console import Console

from scheduler.cli.table import Column, Table, plain_text, printable
from scheduler.cli.terminal import rich_text


def console(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)


def fruit() -> Table:
    table = Table((Column("name"), Column("colour", rank=2), Column("note", rank=1, least=12), Column("when")))
    table.add("apple", "green", "keeps until the spring if it is cold", "Mon 07:00")
    table.add("fig", "", "does not keep", "Tue 07:00")
    return table


def test_plain_text_is_aligned_and_complete_and_leaves_no_cell_empty() -> None:
    assert plain_text(fruit()) == (
        "NAME   COLOUR  NOTE                                  WHEN\n"
        "apple  green   keeps until the spring if it is cold  Mon 07:00\n"
        "fig    -       does not keep                         Tue 07:00"
    )


def test_a_line_across_is_a_comment_in_plain_text() -> None:
    table = Table((Column("name"),))
    table.add("apple")
    table.add_line("what follows is no apple")
    table.add("fig")

    assert plain_text(table) == "NAME\napple\n# what follows is no apple\nfig"


def test_a_terminal_of_enough_width_shows_everything() -> None:
    text = rich_text(fruit(), console(100))

    assert "keeps until the spring if it is cold" in text
    assert "green" in text


def test_a_narrow_terminal_cuts_the_long_text_first() -> None:
    text = rich_text(fruit(), console(50))

    assert "keeps until" in text
    assert "it is cold" not in text
    assert "…" in text
    assert "green" in text


def test_a_narrower_terminal_drops_columns_and_says_which() -> None:
    text = rich_text(fruit(), console(32))

    assert "green" not in text
    assert "Not shown at this width: colour" in text
    assert "Mon 07:00" in text


@pytest.mark.parametrize("width", [10, 20, 32, 40, 50, 80, 120])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    table = fruit()
    table.add_line("a line across that is longer than a narrow terminal is wide")
    table.add("kiwi", "brown", "", "Wed 07:00")

    lines = rich_text(table, console(width)).splitlines()

    assert max(map(len, lines)) <= width


def test_columns_stay_in_line_after_a_line_across() -> None:
    table = fruit()
    table.add_line("a line across")
    table.add("kiwi", "brown", "x", "Wed 07:00")

    rows = [line for line in rich_text(table, console(100)).splitlines() if ":00" in line]

    assert len({line.index(":00") for line in rows}) == 1


def test_a_column_with_nothing_in_it_is_left_out_on_a_terminal() -> None:
    table = Table((Column("name"), Column("colour", rank=1)))
    table.add("apple", "")

    text = rich_text(table, console(80))

    assert "colour" not in text


def test_what_could_fool_a_terminal_is_written_out() -> None:
    assert printable("two\nlines \x1b[31mred") == "two\\nlines \\x1b[31mred"
    assert printable("Müller 東京") == "Müller 東京"


def test_marks_of_rich_in_a_cell_are_text() -> None:
    table = Table((Column("name"),))
    table.add("[red]apple[/red]")

    assert "[red]apple[/red]" in rich_text(table, console(80))
