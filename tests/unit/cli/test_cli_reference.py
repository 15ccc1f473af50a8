"""What every command owes its reader: a summary, an example, and its place in docs/cli.md."""

import re
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click
import pytest

from scheduler.cli import COMMANDS

REFERENCE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL))


def load(name: str) -> click.Command:
    command = import_module(COMMANDS[name][0]).command
    assert isinstance(command, click.Command)
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_in_the_table_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    command = load(name)

    assert (command.help or "").splitlines()[0] == COMMANDS[name][1]
    assert command.name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_of_itself(name: str) -> None:
    _, _, examples = cleandoc(load(name).help or "").partition("\b\nExamples:\n")

    assert f"scheduler {name}" in examples


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_an_example(name: str) -> None:
    assert re.search(rf"^\$ (\S+=\S+ )?scheduler {name}\b", SECTIONS[name], re.MULTILINE)
    assert f"| [`{name}`](#{name}) | {COMMANDS[name][1]} |" in REFERENCE


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text_and_is_documented(name: str) -> None:
    for parameter in load(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert f"| `{parameter.opts[0]}" in SECTIONS[name]
        else:
            assert f"| `{(parameter.metavar or '').strip('[]')}" in SECTIONS[name].replace("`[", "`")


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_is_documented_that_is_not_there(name: str) -> None:
    options = {option for parameter in load(name).params for option in parameter.opts}

    assert set(re.findall(r"^\| `(-[-\w]+)", SECTIONS[name], re.MULTILINE)) <= options


def test_the_examples_of_the_reference_name_commands_that_exist() -> None:
    named = re.findall(r"^\$ (?:\S+=\S+ )?scheduler ([a-z]+)", REFERENCE, re.MULTILINE)

    assert set(named) == set(COMMANDS)
