"""What is printed besides tables."""

import json
import shutil
from typing import Any

import click

from scheduler.cli.table import on_terminal


def show_json(value: Any) -> None:
    """Print a value as JSON. The order of its keys is kept; docs/cli.md promises it."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_text(text: str) -> None:
    """Print a sentence or two: on a terminal wrapped at words, otherwise as one line."""
    click.echo(click.wrap_text(text, shutil.get_terminal_size().columns) if on_terminal() else text)


def notice(text: str) -> None:
    """Say something about the output, on standard error so that it never mixes with what a program reads."""
    click.echo(text, err=True)


def count(number: int, noun: str, plural: str = "") -> str:
    """Write `1 job`, `7 jobs`, `10,000 jobs`, `no jobs`."""
    return f"{f'{number:,}' if number else 'no'} {noun if number == 1 else plural or f'{noun}s'}"
