"""The script `dev`, as far as it goes without installing anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("up", "test", "check", "scheduler", "lock", "help")


def dev(*arguments: str, at: Path = ROOT, shell: str = "sh", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, str(at / "dev"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd="/",
    )


def bare_checkout(folder: Path) -> Path:
    """Return a copy of what the script reads, without an environment."""
    checkout = folder / "with blanks"
    checkout.mkdir()
    for name in ("dev", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout / name)
    return checkout


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox"])
def test_every_shell_reads_it_and_help_names_every_command(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on PATH")
    arguments = [shell, "sh"] if shell == "busybox" else [shell]
    answer = subprocess.run([*arguments, ROOT / "dev", "help"], capture_output=True, text=True, check=True)

    assert [line.split()[0] for line in answer.stdout.splitlines() if line.startswith("  ")] == list(COMMANDS)


def test_a_command_that_does_not_exist_is_refused_with_the_list() -> None:
    answer = dev("start")

    assert answer.returncode == 1
    assert answer.stderr.endswith('dev: there is no command "start"\n')
    assert "Usage: ./dev COMMAND" in answer.stderr


def test_without_a_python_it_says_what_to_install(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "rm", "mkdir"):
        (tools / name).symlink_to(str(shutil.which(name)))

    answer = dev("up", at=bare_checkout(tmp_path), shell=str(shutil.which("sh")), PATH=str(tools), PYTHON="")

    assert answer.returncode == 1
    assert answer.stderr == (
        "dev: no Python 3.11 or newer found; install one, or name it: PYTHON=/path/to/python ./dev up\n"
    )


def test_a_python_that_was_named_and_is_too_old_is_refused(tmp_path: Path) -> None:
    answer = dev("test", at=bare_checkout(tmp_path), PYTHON="/bin/false")

    assert answer.returncode == 1
    assert answer.stderr == "dev: PYTHON=/bin/false is not a Python 3.11 or newer\n"
