"""The task `scheduler.command`, with real processes."""
# ruff: noqa: E501 - a row holds the whole sentence

import os
import pickle
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery._state import _task_stack
from celery.exceptions import SoftTimeLimitExceeded

import scheduler.tasks  # noqa: F401 - registers them
from scheduler.jobs.command import stored_command
from scheduler.jobs.message import COMMAND, JOB, OCCURRENCE, RUN_ID, TIMEZONE
from scheduler.tasks.command.verdict import CommandFailed
from scheduler.tasks.errors import TaskError
from scheduler.worker.endings import RunCancelled, RunStopped, RunTimedOut
from scheduler.worker.interruption import interrupt
from tests.integration.keeping import alive_with
from tests.servers import wait_for

# Commands are looked for among all processes of the host: those of another test run are not these.
RUN = f"sales@{os.getpid()}"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    monkeypatch.setenv("TOKEN", "hunter22")
    return Celery(set_as_current=False, task_cls="scheduler.worker:RunTask")


def run(app: Celery, written: Any, timelimit: tuple[int, int] | None = None) -> Any:
    """Run a command as a worker does for a job, and return its summary, or raise its error."""
    headers = {JOB: "sales", RUN_ID: RUN, OCCURRENCE: "2026-03-01T23:30:00Z", TIMEZONE: "Europe/Berlin"}
    task = app.tasks[COMMAND]
    task.push_request(headers=headers, timelimit=timelimit)
    _task_stack.push(task)
    try:
        return task(command=stored_command(written))
    finally:
        _task_stack.pop()
        task.pop_request()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "scheduler.tasks.command.task"]


def test_a_command_succeeds_with_a_summary_and_its_output_in_the_log(app, caplog) -> None:
    caplog.set_level("INFO")

    summary = run(app, "echo one; echo two >&2; printf 'thr\\033ee'")

    assert 0 <= summary.pop("seconds") < 5
    assert summary == {"exit_code": 0, "signal": None, "stdout_bytes": 10, "stderr_bytes": 4, "cut_bytes": 0}
    assert sorted(lines(caplog)) == ["stderr: two", "stdout: one", "stdout: thr␛ee"]


def test_references_and_templates_are_filled_in_but_a_line_keeps_what_is_the_shells(app, caplog) -> None:
    caplog.set_level("INFO")

    run(
        app, {"run": "echo ${HOME} $${X} {{ occurrence.date }} ${TOKEN}", "env": {"HOME": "h-${DAYS:-7}", "TOKEN": "t"}}
    )
    run(app, {"run": ["echo", "${DAYS:-7}", "$HOME", "{{ job }}"]})

    assert lines(caplog)[0].startswith("stdout: h-7 ")
    assert lines(caplog)[0].endswith("{X} 2026-03-02 t")
    assert lines(caplog)[1] == "stdout: 7 $HOME sales"


def test_secrets_are_masked_in_the_log_and_in_errors(app, caplog) -> None:
    caplog.set_level("INFO")

    with pytest.raises(CommandFailed) as caught:
        run(app, {"run": 'printf "$T" | base64; echo "no $T" >&2; exit 1', "env": {"T": "${TOKEN}"}})

    assert str(caught.value) == "command: exit code 1: no ***"
    assert "hunter22" not in caplog.text
    assert "***" in lines(caplog)[0]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("echo oops >&2; exit 3", "command: exit code 3: oops", id="exit code"),
        pytest.param("exit 3", "command: exit code 3", id="without a word"),
        pytest.param("kill -SEGV $$", "command: killed by SIGSEGV", id="signal"),
        pytest.param("exec 2>&-; sh -c 'kill -9 $$'; exit", "command: exit code 137 (a program in it was killed by SIGKILL)", id="signal in a shell"),
        pytest.param("nope 2>/dev/null", "command: exit code 127 (the shell did not find it)", id="not found by the shell"),
        pytest.param("/etc/passwd 2>/dev/null", "command: exit code 126 (the shell could not execute it)", id="not executable for the shell"),
        pytest.param({"run": "true", "success_codes": [1, 2]}, "command: exit code 0", id="success is no success"),
        pytest.param({"run": "echo an ERROR: 5", "fail_when": {"stdout": "ERR"}}, "command.fail_when.stdout: it says an ERROR: 5", id="pattern"),
        pytest.param(["nope"], 'command.run: "nope": it was not found, expected a program in the PATH, or the path of one', id="not found"),
        pytest.param(["/no/nope"], 'command.run: "/no/nope": it was not found, expected a program in the PATH, or the path of one', id="no such path"),
        pytest.param(["/etc/passwd"], 'command.run: "/etc/passwd": it may not be executed by this user', id="not executable"),
        pytest.param(["/etc"], 'command.run: "/etc": it is a folder', id="a folder"),
        pytest.param(["echo", "x" * 200_000], 'command.run: "echo": its arguments and its environment are longer than a process can be given', id="too long"),
        pytest.param({"run": "true", "cwd": "/no/such"}, "command.cwd: /no/such: No such file or directory, expected a folder", id="no folder"),
        pytest.param({"run": "true", "user": "nob-ody"}, 'command.user: no user is called "nob-ody" on this worker', id="no user"),
    ],
)  # fmt: skip
def test_a_command_that_fails_says_why(app, written: Any, words: str) -> None:
    with pytest.raises(TaskError) as caught:
        run(app, written)

    assert str(caught.value) == words
    assert str(pickle.loads(pickle.dumps(caught.value))) == words


def test_a_missing_interpreter_is_told_from_a_missing_script(app, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)

    with pytest.raises(TaskError, match="the interpreter that its first line names was not found"):
        run(app, [str(script)])


def test_other_exit_codes_can_be_a_success(app) -> None:
    assert run(app, {"run": "exit 3", "success_codes": [0, 3]})["exit_code"] == 3


def test_a_failed_command_knows_its_exit_code(app) -> None:
    with pytest.raises(CommandFailed) as caught:
        run(app, "exit 3")

    assert caught.value.summary["exit_code"] == 3


def test_a_gigabyte_is_cut_to_its_beginning_and_end(app, caplog) -> None:
    caplog.set_level("INFO")

    summary = run(app, "echo begin; yes 'a line of the middle' | head -n 47619047; echo end")

    said = lines(caplog)
    assert summary["stdout_bytes"] == 47_619_047 * 21 + 10
    # The first half ends with a line.
    assert 0 <= summary["cut_bytes"] - (summary["stdout_bytes"] - 1024 * 1024) < 21
    assert (said[0], said[-1]) == ("stdout: begin", "stdout: end")
    assert sum("bytes left out" in line for line in said) == 1


def test_time_that_is_up_ends_the_command(app) -> None:
    with pytest.raises(RunTimedOut, match=r"^command: its time was up after 1 s; it was ended$") as caught:
        run(app, "sleep 1000", timelimit=(6, 1))

    assert isinstance(caught.value, SoftTimeLimitExceeded)
    assert alive_with(f"SCHEDULER_RUN_ID={RUN}") == []


def test_a_command_that_heeds_nothing_is_killed_before_the_hard_limit(app) -> None:
    with pytest.raises(RunTimedOut, match=r"ended, and by SIGKILL since it did not heed SIGTERM$"):
        run(app, "trap '' TERM; while :; do sleep 0.1; done", timelimit=(3, 1))


@pytest.mark.parametrize(("why", "error"), [("cancelled", RunCancelled), ("stopped", RunStopped)])
def test_a_command_can_be_cancelled_or_stopped_from_another_thread(app, why, error) -> None:
    caught: list[BaseException] = []

    def target() -> None:
        try:
            run(app, "sleep 1000")
        except (RunCancelled, RunStopped) as ended:
            caught.append(ended)

    thread = threading.Thread(target=target)
    thread.start()
    wait_for(lambda: alive_with(f"SCHEDULER_RUN_ID={RUN}"), 5, "the command to run")
    assert interrupt(RUN, why)
    thread.join(10)

    assert [type(ended) for ended in caught] == [error]


def test_celerys_own_time_limit_ends_the_command_first(app) -> None:
    def limit(_number: int, _frame: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, limit)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(RunTimedOut, match=r"^command: its time was up"):
            run(app, "sleep 1000", timelimit=(130, 100))
    finally:
        signal.signal(signal.SIGALRM, before)

    assert alive_with(f"SCHEDULER_RUN_ID={RUN}") == []


def test_a_secret_file_reaches_the_command_and_no_log(app, caplog, tmp_path: Path) -> None:
    caplog.set_level("INFO")
    (tmp_path / "key").write_text("fr0m-a-file\n")

    run(app, {"run": ["cat"], "stdin": f"<${{file:{tmp_path}/key}}>"})

    assert lines(caplog) == ["stdout: <***>"]


def test_it_gets_none_of_our_settings(app, caplog, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level("INFO")
    monkeypatch.setenv("SCHEDULER_REDIS_URL", "redis://:geheim@host/0")

    run(app, "env | grep ^SCHEDULER_ | sort; pwd")

    assert lines(caplog) == [
        "stdout: SCHEDULER_INTERVAL_END=2026-03-01T23:30:00Z",
        "stdout: SCHEDULER_JOB=sales",
        "stdout: SCHEDULER_OCCURRENCE=2026-03-01T23:30:00Z",
        f"stdout: SCHEDULER_RUN_ID={RUN}",
        f"stdout: {Path.cwd()}",
    ]
