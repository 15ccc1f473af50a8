"""The group: what is imported when, and how a command line ends."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from scheduler.cli import COMMANDS, cli
from scheduler.cli.group import LazyGroup
from tests.unit.cli.calling import Run

ONE_JOB = "jobs: {a: {cron: '0 7 * * *', task: b.c}}\n"


def imported_by(arguments: list[str], folder: Path) -> set[str]:
    """Run a command in a process of its own and return the modules that it had imported at its end."""
    code = "import sys; from scheduler.cli import cli\ntry: cli()\nfinally: print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check"], id="check"),
        pytest.param(["list"], id="list"),
        pytest.param(["next"], id="next"),
        pytest.param(["explain", "@daily"], id="explain"),
        pytest.param(["calendar"], id="calendar"),
        pytest.param(["load"], id="load"),
    ],
)
def test_commands_that_only_read_the_file_import_no_server_and_no_framework(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "schedules.yaml").write_text(ONE_JOB)

    modules = imported_by(arguments, tmp_path)

    assert modules.isdisjoint({"celery", "kombu", "redis", "redbeat", "sqlalchemy", "rich"})


@pytest.mark.parametrize("module", ["runs", "ledger_table", "run_fields", "log_printer", "cancelling", "explanation"])
def test_commands_that_only_read_the_ledger_import_no_framework(module: str) -> None:
    code = f"import sys, scheduler.cli.{module}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(ended.stdout.split()).isdisjoint(
        {"celery", "kombu", "redbeat", "pydantic", "yaml", "sqlalchemy", "rich"}
    )


def test_help_imports_no_command(tmp_path: Path) -> None:
    modules = imported_by(["--help"], tmp_path)

    assert modules.isdisjoint(module for module, _ in COMMANDS.values())
    assert modules.isdisjoint({"pydantic", "yaml", "celery", "redis"})


def test_a_probe_is_cheap(tmp_path: Path) -> None:
    code = "import sys, scheduler.cli.health; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(ended.stdout.split()).isdisjoint({"celery", "kombu", "redis", "pydantic", "yaml", "rich"})


def test_help_lists_every_command_with_its_summary(run: Run) -> None:
    result = run("--help")

    for name, (_, summary) in COMMANDS.items():
        assert [name, summary] in [line.split(maxsplit=1) for line in result.stdout.splitlines()]


def test_a_mistyped_command_gets_the_one_that_could_be_meant(run: Run) -> None:
    result = run("chek")

    assert "No such command 'chek'. Did you mean 'check'?" in result.stderr
    assert result.exit_code == 2


def test_the_version_is_said(run: Run) -> None:
    assert run("--version").stdout == "scheduler 0.1.0\n"


def test_an_interrupt_is_quiet_and_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command
    def command() -> None:
        raise KeyboardInterrupt

    module = ModuleType("interrupted")
    monkeypatch.setattr(module, "command", command, raising=False)
    monkeypatch.setitem(sys.modules, "interrupted", module)
    group = LazyGroup("scheduler", commands_table={"stop": ("interrupted", "Be interrupted.")})

    result = CliRunner().invoke(group, ["stop"])

    assert result.output == ""
    assert result.exit_code == 130


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("scheduler ", set(COMMANDS), id="commands"),
        pytest.param("scheduler che", {"check"}, id="command"),
        pytest.param("scheduler next --", {"--from", "--until", "--file", "--json", "--help"}, id="options"),
        pytest.param("scheduler next da", {"daily-sales"}, id="job"),
        pytest.param("scheduler next daily-sales t", {"tidy", "train"}, id="second-job"),
    ],
)
def test_the_shell_completes(words: str, expected: set[str], schedules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_FILE", str(schedules))
    environ = {
        "_SCHEDULER_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }

    result = CliRunner().invoke(cli, env=environ, prog_name="scheduler")

    assert {line.split(",")[1] for line in result.stdout.splitlines()} == expected


def test_a_broken_file_completes_nothing_and_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_FILE", str(tmp_path / "none.yaml"))
    environ = {"_SCHEDULER_COMPLETE": "bash_complete", "COMP_WORDS": "scheduler next ", "COMP_CWORD": "2"}

    assert CliRunner().invoke(cli, env=environ, prog_name="scheduler").output.strip() == ""
