"""A command of the file, made ready for one run."""

import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler import keeper
from scheduler.jobs import Command
from scheduler.tasks.command.prepare import Limits, prepare
from scheduler.tasks.errors import TaskError
from scheduler.worker import Run

RUN = Run(
    id="sales@2026-03-01T23:30:00Z",
    job="sales",
    occurrence=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    previous=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
    timezone="Europe/Berlin",
    attempt=1,
)
ENVIRON = {"PATH": "/bin", "SCHEDULER_REDIS_URL": "redis://secret", "TZ": "UTC"}


def prepared(value: Any, run: Run = RUN) -> keeper.Command:
    return prepare(Command.model_validate(value), run, ENVIRON, Limits(timeout=5.0))


def test_a_line_is_for_the_shell_and_a_list_is_not() -> None:
    assert prepared({"run": "echo $A | wc"}).arguments == ("/bin/sh", "-c", "echo $A | wc")
    assert prepared({"run": ["ls", "$A"]}).arguments == ("ls", "$A")


def test_its_environment_is_the_workers_without_our_settings_and_what_the_run_is() -> None:
    spec = prepared({"run": "x", "env": {"DAY": "{{ occurrence.date }}", "TZ": "CET"}})

    assert spec.environment == {
        "PATH": "/bin",
        "TZ": "CET",
        "DAY": "2026-03-02",
        "SCHEDULER_JOB": "sales",
        "SCHEDULER_RUN_ID": "sales@2026-03-01T23:30:00Z",
        "SCHEDULER_OCCURRENCE": "2026-03-01T23:30:00Z",
        "SCHEDULER_INTERVAL_START": "2026-02-28T23:30:00Z",
        "SCHEDULER_INTERVAL_END": "2026-03-01T23:30:00Z",
    }
    assert spec.mark_text == "SCHEDULER_RUN_ID=sales@2026-03-01T23:30:00Z"


def test_a_setting_of_ours_can_be_given_on_purpose() -> None:
    spec = prepared({"run": "scheduler status", "env": {"SCHEDULER_REDIS_URL": "redis://other"}})

    assert spec.environment["SCHEDULER_REDIS_URL"] == "redis://other"


def test_without_an_earlier_occurrence_there_is_no_beginning_of_the_interval() -> None:
    assert "SCHEDULER_INTERVAL_START" not in prepared({"run": "x"}, replace(RUN, previous=None)).environment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("backup {{ occurrence.date - 1d }}", "backup 2026-03-01", id="ours"),
        pytest.param("docker ps --format '{{.Names}}'", "docker ps --format '{{.Names}}'", id="another's"),
        pytest.param("""curl -d '{"a": {"b": 1}}'""", """curl -d '{"a": {"b": 1}}'""", id="JSON"),
        pytest.param("{{ {{ job }} }}", "{{ {{ job }} }}", id="nested"),
        pytest.param("${HOME} }} {{ job", "${HOME} }} {{ job", id="open"),
        pytest.param("{{job}}-{{ run_id }}", "sales-sales@2026-03-01T23:30:00Z", id="two"),
    ],
)
def test_only_templates_of_ours_are_filled_in(text: str, expected: str) -> None:
    spec = prepared({"run": ["x", text], "env": {"A": text}, "stdin": text})

    assert (spec.arguments[1], spec.environment["A"], spec.stdin.decode()) == (expected, expected, expected)


def test_folder_umask_stdin_and_time_are_passed_on() -> None:
    spec = prepared({"run": "x", "cwd": "/var/{{ job }}", "umask": "027", "stdin": "ä\udcff"})

    assert (spec.folder, spec.umask, spec.stdin) == ("/var/sales", 0o027, b"\xc3\xa4\xff")
    assert (spec.timeout, spec.grace) == (5.0, 10.0)


def test_a_folder_that_a_reference_made_relative_is_refused() -> None:
    command = Command.model_construct(run=["x"], cwd="data", env={}, stdin="", user=None, umask=None)

    with pytest.raises(TaskError, match=r'^command\.cwd: "data" is not an absolute path'):
        prepare(command, RUN, ENVIRON, Limits())


def test_a_user_brings_a_home_unless_the_job_says_otherwise() -> None:
    me = pwd.getpwuid(os.geteuid())

    spec = prepared({"run": "x", "user": me.pw_name, "env": {"SHELL": "/bin/zsh"}})

    assert spec.identity is None
    assert {name: spec.environment[name] for name in ("HOME", "USER", "LOGNAME", "SHELL")} == {
        "HOME": me.pw_dir,
        "USER": me.pw_name,
        "LOGNAME": me.pw_name,
        "SHELL": "/bin/zsh",
    }


def test_a_user_who_does_not_exist_is_an_error() -> None:
    with pytest.raises(TaskError, match=r'^command\.user: no user is called "nob-ody" on this worker$'):
        prepared({"run": "x", "user": "nob-ody"})


def test_only_root_can_become_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = pwd.getpwnam("daemon")
    monkeypatch.setattr(os, "geteuid", lambda: daemon.pw_uid)

    with pytest.raises(TaskError) as caught:
        prepared({"run": "x", "user": "nobody"})

    assert str(caught.value) == (
        'command.user: only a worker that runs as root can become "nobody", this one runs as "daemon"'
    )


@pytest.mark.parametrize(
    ("hard", "soft", "limits"),
    [
        pytest.param(None, None, Limits(), id="none"),
        pytest.param(70, None, Limits(), id="a hard one alone is Celery's to enforce"),
        pytest.param(None, 60, Limits(60, 10.0), id="no hard one"),
        pytest.param(90, 60, Limits(60, 10.0), id="time enough"),
        pytest.param(66, 60, Limits(60, 5), id="the grace ends before Celery kills"),
        pytest.param(60, 60, Limits(60, 1.0), id="no time at all"),
    ],
)
def test_celerys_limits_leave_a_timeout_and_a_grace(hard: float | None, soft: float | None, limits: Limits) -> None:
    assert Limits.of_task(hard, soft) == limits
