"""`command:` in a file: what it becomes, what is wrong with it, and what may be meant otherwise."""
# ruff: noqa: E501 - a row holds the whole sentence

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs.load import load
from scheduler.jobs.message import COMMAND
from tests.unit.jobs.test_bad_jobs import place_and_problem

RUN = 'a line for the shell, or a list such as ["/opt/bin/sync", "--full"]'


@pytest.mark.parametrize(
    ("written", "run", "stored"),
    [
        pytest.param('"echo ${HOME} $$ {{ job }}"', ["/bin/sh", "-c", "echo ${HOME} $$ {{ job }}"], {"run": "echo $${HOME} $$ {{ job }}"}, id="line"),
        pytest.param('[ls, "${DIR}"]', ["ls", "${DIR}"], {"run": ["ls", "${DIR}"]}, id="list"),
        pytest.param('{run: "a ${b}", env: {C: "${D:-e}"}}', ["/bin/sh", "-c", "a ${b}"], {"run": "a $${b}", "env": {"C": "${D:-e}"}}, id="mapping"),
        pytest.param("{run: [a], success_codes: 3}", ["a"], {"run": ["a"], "success_codes": 3}, id="one code"),
        pytest.param('{run: x, fail_when: {stderr: "(?i)error"}, umask: "0027"}', ["/bin/sh", "-c", "x"], {"run": "x", "fail_when": {"stderr": "(?i)error"}, "umask": "0027"}, id="more"),
    ],
)  # fmt: skip
def test_a_command_is_read_and_stored_with_its_references(read, written: str, run: list[str], stored: Any) -> None:
    job = read(f"jobs: {{a: {{every: 5m, command: {written}}}}}", DIR="/srv/data").file.jobs["a"]

    assert (job.kind, job.command.run, job.call.name, job.call.kwargs) == ("command", run, COMMAND, {"command": stored})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {every: 5m, command: ▸5}", f"a.command: 5 is no command, expected {RUN}", id="number"),
        pytest.param("a: {every: 5m, command: ▸yes}", f"a.command: yes is true in YAML, expected {RUN}", id="switch"),
        pytest.param('a: {every: 5m, command: ▸" "}', f"a.command: it is empty, expected {RUN}", id="blank line"),
        pytest.param("a: {every: 5m, command: ▸[]}", "a.command: the list is empty, expected at least one item", id="empty list"),
        pytest.param('a: {every: 5m, command: ▸[""]}', f"a.command: the program has no name, expected {RUN}", id="no program"),
        pytest.param("a: {every: 5m, command: [sleep, ▸5]}", 'a.command[1]: 5 is not text, expected quotes around it: "5"', id="number in a list"),
        pytest.param('a: {every: 5m, command: ▸"a\\0b"}', "a.command: it has a NUL byte, expected a text that a process can be given", id="NUL"),
        pytest.param('a: {every: 5m, command: [a, ▸"a\\0b"]}', "a.command[1]: it has a NUL byte, expected a text that a process can be given", id="NUL in a list"),
        pytest.param("a: {every: 5m, ▸command: }", "a.command: it has no value, expected a value, or no such key", id="no value"),
        pytest.param("a: {every: 5m, ▸command: {env: {A: b}}}", f'a.command.run: "run" is missing, expected {RUN}', id="nothing to run"),
        pytest.param("a: {every: 5m, command: {run: x, ▸envv: {}}}", 'a.command.envv: the key "envv" is not known (did you mean "env"?), expected one of cwd, env, fail_when, run, stdin, success_codes, umask, user', id="unknown key"),
        pytest.param("a: {every: 5m, command: {run: x, env: {A: ▸1}}}", 'a.command.env.A: 1 is not text, expected quotes around it: "1"', id="number as variable"),
        pytest.param("a: {every: 5m, command: {run: x, env: ▸{A-B: x}}}", 'a.command.env: "A-B" is not the name of a variable, expected letters, digits and underscores, no digit first', id="name of a variable"),
        pytest.param("a: {every: 5m, command: {run: x, env: ▸{SCHEDULER_JOB: x}}}", "a.command.env: SCHEDULER_JOB is set for every command, expected a name of its own", id="our variable"),
        pytest.param("a: {every: 5m, command: {run: x, cwd: ▸data}}", 'a.command.cwd: "data" is not an absolute path, expected a folder such as "/var/lib/app"', id="relative folder"),
        pytest.param('a: {every: 5m, command: {run: x, cwd: ▸"/x/{{ jb }}"}}', 'a.command.cwd: "jb" is not a name that templates know (did you mean "job"?), expected occurrence, interval.start or interval.end (with .date, .time, .iso or alone), job or run_id', id="template in a path"),
        pytest.param("a: {every: 5m, command: {run: x, user: ▸a b}}", 'a.command.user: "a b" is not the name of a user, expected a name such as "backup"', id="user"),
        pytest.param("a: {every: 5m, command: {run: x, umask: ▸027}}", 'a.command.umask: 027 is the number 23 in YAML, expected three octal digits in quotes, such as "027"', id="umask as number"),
        pytest.param('a: {every: 5m, command: {run: x, umask: ▸"088"}}', "a.command.umask: '088' is not a umask, expected three octal digits in quotes, such as \"027\"", id="umask"),
        pytest.param("a: {every: 5m, command: {run: x, success_codes: ▸[256]}}", "a.command.success_codes: 256 is not an exit code, expected whole numbers from 0 to 255, such as [0, 3]", id="exit code"),
        pytest.param("a: {every: 5m, command: {run: x, success_codes: ▸[]}}", "a.command.success_codes: the list is empty, expected at least one item", id="no exit code"),
        pytest.param('a: {every: 5m, command: {run: x, fail_when: {stderr: ▸"("}}}', 'a.command.fail_when.stderr: "(" is not a pattern (missing ) at position 1), expected a regular expression such as "ERROR|FATAL"', id="pattern"),
        pytest.param('a: {every: 5m, command: {run: [x, ▸"${"]}}', 'a.command.run[1]: "${" is not closed, expected "${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")', id="reference in a list"),
        pytest.param('a: {every: 5m, command: {run: "${", env: {A: ▸"${"}}}', 'a.command.env.A: "${" is not closed, expected "${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")', id="reference in env"),
        pytest.param("a: {every: 5m, command: x, ▸args: [1]}", "a.args: args belong to a task, expected task: beside it", id="args"),
    ],
)  # fmt: skip
def test_a_bad_command_is_said_at_its_place(problems, text: str, expected: str) -> None:
    text, expected = place_and_problem(text, expected)

    assert problems(text) == [expected]


def notes(tmp_path: Path, command: str) -> list[str]:
    """Return what `check` notes of a command, without the place."""
    path = tmp_path / "schedules.yaml"
    path.write_text(f"jobs:\n  a:\n    every: 5m\n    command: {command}\n")
    loaded = load(path, {"X": "a-secret"}, max_bytes=100_000, now=datetime(2026, 1, 1, tzinfo=UTC))
    return [f"{warning.where}: {warning.what}" for warning in loaded.warnings]


SECRET = "this looks like a secret"


@pytest.mark.parametrize(
    ("command", "noted"),
    [
        pytest.param("curl https://ada:lovelace@host/", [f"a.command: {SECRET}"], id="in a URL"),
        pytest.param("curl https://ada:$PASSWORD@host/", [], id="a variable in a URL"),
        pytest.param("mysqldump --password=hunter22 x", [f"a.command: {SECRET}"], id="option"),
        pytest.param('mysqldump --password="$PASSWORD" x', [], id="option with a variable"),
        pytest.param("API_TOKEN='hunter22' sync", [f"a.command: {SECRET}"], id="assignment"),
        pytest.param("sync --token-file=/run/x --tokens=5", [], id="no secret"),
        pytest.param('[sync, "--token=${X}"]', [], id="reference in a list"),
        pytest.param("{run: x, env: {DB_PASSWORD: hunter22}}", [f"a.command.env.DB_PASSWORD: {SECRET}"], id="variable"),
        pytest.param('{run: x, env: {DB_PASSWORD: "${X}", PASSWORD_FILE: /x, TOKEN: ""}}', [], id="variables that hold none"),
        pytest.param("docker ps --format '{{.Names}} {{json .}}'", [], id="braces of others"),
        pytest.param('"echo {{ ocurrence.date }}"', ['a.command: it stays as it is: "ocurrence.date" is not a name that templates know (did you mean "occurrence.date"?)'], id="typo"),
        pytest.param('"echo {{ occurrence.date - 1x }}"', ['a.command: it stays as it is: "1x" is not a duration'], id="bad shift"),
        pytest.param('"echo {{ occurrence.date }} {{ job }}"', [], id="templates"),
    ],
)  # fmt: skip
def test_check_notes_secrets_and_braces_that_may_be_templates(tmp_path: Path, command: str, noted: list[str]) -> None:
    assert notes(tmp_path, command) == noted
