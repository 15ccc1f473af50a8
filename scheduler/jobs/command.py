"""`command:` a program, or a line for the shell, that runs in a process of its own."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from scheduler.jobs.free_text import FreeText, without_nul
from scheduler.jobs.model import Model
from scheduler.jobs.pattern import Pattern
from scheduler.jobs.reference import escaped
from scheduler.jobs.texts import check_template, refuse

SHELL = ("/bin/sh", "-c")
# What a worker tells each command about its run.
OWN_VARIABLES = (
    "SCHEDULER_JOB",
    "SCHEDULER_RUN_ID",
    "SCHEDULER_OCCURRENCE",
    "SCHEDULER_INTERVAL_START",
    "SCHEDULER_INTERVAL_END",
)

_RUN = 'a line for the shell, or a list such as ["/opt/bin/sync", "--full"]'
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_UMASK = re.compile(r"0?[0-7]{3}", re.ASCII)
_USER = re.compile(r"[A-Za-z_][\w.-]{0,31}\$?", re.ASCII)


def _arguments(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        refuse(f"{value!r} is no command", _RUN)
    if not value.strip():
        refuse("it is empty", _RUN)
    return [*SHELL, without_nul(value)]


def _program(arguments: list[str]) -> list[str]:
    if not arguments[0].strip():
        refuse("the program has no name", _RUN)
    return arguments


def _environment(variables: dict[str, str]) -> dict[str, str]:
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            refuse(f'"{name}" is not the name of a variable', "letters, digits and underscores, no digit first")
        if name in OWN_VARIABLES:
            refuse(f"{name} is set for every command", "a name of its own")
    return variables


def _folder(text: str) -> str:
    # What begins with a reference is looked at again where its value is known.
    if not text.startswith(("/", "${")):
        refuse(f'"{text}" is not an absolute path', 'a folder such as "/var/lib/app"')
    return check_template(text)


def _user(text: str) -> str:
    if not _USER.fullmatch(text) and "${" not in text:
        refuse(f'"{text}" is not the name of a user', 'a name such as "backup"')
    return text


def _umask(value: Any) -> Any:
    if not isinstance(value, str) or not _UMASK.fullmatch(value):
        refuse(f"{value!r} is not a umask", 'three octal digits in quotes, such as "027"')
    return value


def _codes(value: Any) -> Any:
    codes = value if isinstance(value, list) else [value]
    for code in codes:
        if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= 255:
            refuse(f"{code!r} is not an exit code", "whole numbers from 0 to 255, such as [0, 3]")
    return codes


class FailWhen(Model):
    """Patterns that make a run fail where one is found in a line, whatever the exit code."""

    stdout: Pattern | None = None
    stderr: Pattern | None = None


class Command(Model):
    """What a command job runs. `run` is a program and its arguments, with a text made into those of the shell.

    `umask` is octal; the texts in `run`, `env` and `stdin` are free, `cwd` is a template.
    """

    run: Annotated[
        list[FreeText],
        Field(min_length=1, description=_RUN),
        BeforeValidator(_arguments),
        AfterValidator(_program),
    ]
    env: Annotated[dict[str, FreeText], AfterValidator(_environment)] = Field(default_factory=dict)
    cwd: Annotated[FreeText, AfterValidator(_folder)] | None = None
    stdin: FreeText = ""
    user: Annotated[str, AfterValidator(_user)] | None = None
    umask: Annotated[str, BeforeValidator(_umask)] | None = None
    success_codes: Annotated[list[int], Field(min_length=1), BeforeValidator(_codes)] = Field(default=[0])
    fail_when: FailWhen = FailWhen()


def _from_short_form(value: Any) -> Any:
    return value if isinstance(value, Mapping | Command) else {"run": value}


CommandField = Annotated[Command, BeforeValidator(_from_short_form)]


def stored_command(written: Any) -> dict[str, Any]:
    """Return a command as its message holds it: the long form, in which a worker resolves all references.

    In a line for the shell `${…}` is the shell's own, and is stored so that it stays.
    """
    command: dict[str, Any] = dict(_from_short_form(written))
    if isinstance(command["run"], str):
        command["run"] = escaped(command["run"])
    return command
