"""What is printed besides tables."""

import json
import shutil
from typing import Any

import click

from scheduler.cli.encoding import can_print
from scheduler.cli.table import on_terminal, printable


def show_json(value: Any) -> None:
    """Print a value as JSON. The order of its keys is kept; docs/cli.md promises it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(text if can_print(text) else json.dumps(value, indent=2))


def show_text(text: str) -> None:
    """Print a sentence or two, control characters written out: on a terminal wrapped at words, else as one line."""
    text = printable(text)
    click.echo(click.wrap_text(text, shutil.get_terminal_size().columns) if on_terminal() else text)


def notice(text: str) -> None:
    """Say something about the output, on standard error so that it never mixes with what a program reads."""
    click.echo(text, err=True)


def count(number: int, noun: str, plural: str = "") -> str:
    """Write `1 job`, `7 jobs`, `10,000 jobs`, `no jobs`."""
    return f"{f'{number:,}' if number else 'no'} {noun if number == 1 else plural or f'{noun}s'}"
