"""How commands are ended, with all that they started: by time, by hand, with the worker, or with the keeper."""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scheduler.descendants import kill
from scheduler.keeper import Ended, Keeper, KeeperLost, Running
from tests.integration.keeping import Heard, alive_with, command, pid_in, run
from tests.servers import wait_for
from tests.services import Service, is_alive, wait_until_gone

ROOT = Path(__file__).parents[2]

IGNORES_SIGTERM = "trap '' TERM; while :; do sleep 1; done"
# What is started here is in no group and no session of the command, and its parent has ended.
DAEMON = "( setsid sleep 1000 & )"


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper(os.environ)
    yield keeper
    keeper.close()


@contextmanager
def following(running: Running, heard: Heard | None = None) -> Iterator[list[Ended]]:
    """Follow a command in a thread; what it yields holds the end once there is one."""
    ends: list[Ended] = []
    thread = threading.Thread(target=lambda: ends.append(running.follow(heard or Heard())))
    thread.start()
    yield ends
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("script", "code", "is_forced"),
    [
        pytest.param("sleep 1000", -signal.SIGTERM, False, id="one process"),
        pytest.param("sleep 1000 & sleep 1000; wait", -signal.SIGTERM, False, id="a group"),
        pytest.param("trap 'exit 5' TERM; sleep 1000 & wait", 5, False, id="one that tidies up"),
        pytest.param(IGNORES_SIGTERM, -signal.SIGKILL, True, id="one that ignores SIGTERM"),
        pytest.param(f"({IGNORES_SIGTERM}) & sleep 1000", -signal.SIGTERM, True, id="a child that ignores SIGTERM"),
        pytest.param(f"{DAEMON}; sleep 1000", -signal.SIGTERM, False, id="a daemon"),
        pytest.param(
            f'( setsid sh -c "{IGNORES_SIGTERM}" & ); exec sleep 1000', -15, True, id="a daemon that ignores it"
        ),
        pytest.param(
            "setsid env -i /bin/sleep 1000", -signal.SIGTERM, False, id="a session below it, without the mark"
        ),
    ],
)
def test_a_command_whose_time_is_up_ends_with_all_that_it_started(
    keeper: Keeper, script: str, code: int, is_forced: bool
) -> None:
    # Long enough for the shell to come to its traps on a busy machine.
    late = command(script, timeout=1, grace=0.5)

    ended = keeper.run(late, Heard())

    assert (ended.code, ended.why, ended.is_forced) == (code, "timed_out", is_forced)
    assert 1 <= ended.seconds < 4
    assert alive_with(late.mark_text) == []


def test_many_children_end_at_once(keeper: Keeper) -> None:
    late = command("for i in $(seq 200); do sleep 1000 & done; wait", timeout=1.0)

    ended = keeper.run(late, Heard())

    assert (ended.why, ended.is_forced) == ("timed_out", False)
    assert alive_with(late.mark_text) == []


def test_a_bomb_of_processes_in_a_group_is_ended(keeper: Keeper) -> None:
    # Each of the 64 forks without end, and has at most one child at a time, which takes its place.
    script = f"{sys.executable} -c 'import os\nfor _ in range(6): os.fork()\nwhile True:\n if os.fork(): os._exit(0)'"
    bomb = command(f"trap '' TERM; {script}; sleep 1000", timeout=0.5, grace=0.2)

    ended = keeper.run(bomb, Heard())

    assert (ended.why, ended.is_forced) == ("timed_out", True)
    assert alive_with(bomb.mark_text) == []


def test_what_a_command_leaves_running_ends_with_it(keeper: Keeper) -> None:
    left = command(f"sleep 1000 & ({IGNORES_SIGTERM}) & sleep 0.5; exit 0", grace=0.3)

    ended = keeper.run(left, Heard())

    assert (ended.code, ended.why, ended.is_forced) == (0, None, True)
    assert ended.left >= 2
    assert alive_with(left.mark_text) == []


def test_a_daemon_ends_soon_after_the_command_that_left_it(keeper: Keeper) -> None:
    left = command(f"{DAEMON}; sleep 0.3")

    ended = keeper.run(left, Heard())

    assert (ended.code, ended.left) == (0, 0)
    wait_for(lambda: not alive_with(left.mark_text), 5, "the daemon to end")


def test_an_unknown_daemon_ends_once_no_command_runs_that_may_have_left_it(keeper: Keeper, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    older = keeper.start(command("sleep 1000"))
    with following(older) as ends:
        wait_for(lambda: older.pid, 5, "the older command to run")
        run(keeper, f"( setsid env -i /bin/sh -c 'echo $$ >{file}; exec sleep 1000' & ); sleep 0.2")
        daemon = pid_in(file)
        # Longer than it takes to find a daemon that is known to be an ended command's.
        time.sleep(2.5)
        assert is_alive(daemon)

        older.stop("cancelled")
        wait_for(lambda: not is_alive(daemon), 5, "the daemon to end")
    assert ends[0].why == "cancelled"


def test_a_daemon_of_a_running_command_is_left_alone(keeper: Keeper) -> None:
    running = keeper.start(command(f"{DAEMON}; sleep 1000"))
    mark = running.command.mark_text
    with following(running):
        wait_for(lambda: len(alive_with(mark)) >= 2, 5, "both to run")
        # The end of another command has the keeper look for daemons.
        run(keeper, "true")
        time.sleep(2)
        assert len(alive_with(mark)) >= 2
        running.stop("cancelled")
    assert alive_with(mark) == []


def test_a_command_can_be_cancelled_and_hurried(keeper: Keeper) -> None:
    running = keeper.start(command(f"trap '' TERM; echo deaf; {IGNORES_SIGTERM}", grace=60))
    heard = Heard()
    with following(running, heard) as ends:
        # Before the shell has come to its first line, SIGTERM does end it.
        wait_for(lambda: heard.stdout, 5, "the command to ignore SIGTERM")
        running.stop("cancelled")
        running.stop("stopped", grace=0)

    assert (ends[0].code, ends[0].why, ends[0].is_forced) == (-signal.SIGKILL, "cancelled", True)


def test_stopping_an_ended_command_does_nothing(keeper: Keeper) -> None:
    running = keeper.start(command("true"))
    running.follow(Heard())

    running.stop("cancelled")

    assert run(keeper, "echo")[1].stdout == b"\n"


def test_all_that_runs_can_be_stopped_at_once() -> None:
    keeper = Keeper(os.environ)
    ends: list[Ended] = []
    sleepers = [keeper.start(command("sleep 1000")) for _ in range(100)]
    threads = [threading.Thread(target=lambda one=one: ends.append(one.follow(Heard()))) for one in sleepers]
    for thread in threads:
        thread.start()

    keeper.stop_all("stopped", grace=5)
    for thread in threads:
        thread.join(10)
    keeper.close()

    assert [(ended.code, ended.why) for ended in ends] == [(-signal.SIGTERM, "stopped")] * 100


def test_an_exception_from_outside_ends_the_command_first(keeper: Keeper) -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise TimeoutError

    sleeper = command("sleep 1000")
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError):
            keeper.run(sleeper, Heard())
    finally:
        signal.signal(signal.SIGALRM, before)

    assert alive_with(sleeper.mark_text) == []


def test_no_process_is_left_as_a_zombie(keeper: Keeper) -> None:
    run(keeper, "for i in 1 2 3 4 5; do sleep 0.1 & done; exit 0", grace=5)
    assert keeper._process is not None
    pid = keeper._process.pid

    ended = run(keeper, "/bin/ps", "-o", "stat=", "--ppid", str(pid))[1].stdout.split()

    assert len(ended) == 1


def test_commands_of_a_killed_keeper_are_killed_and_the_next_one_gets_a_new_keeper() -> None:
    keeper = Keeper(os.environ)
    running = keeper.start(command(f"{DAEMON}; sleep 1000"))
    caught: list[BaseException] = []

    def follow() -> None:
        try:
            running.follow(Heard())
        except KeeperLost as error:
            caught.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    wait_for(lambda: len(alive_with(running.command.mark_text)) >= 3, 5, "all of it to run")
    assert keeper._process is not None
    os.kill(keeper._process.pid, signal.SIGKILL)
    thread.join(10)

    assert len(caught) == 1
    assert alive_with(running.command.mark_text) == []
    assert run(keeper, "echo again")[1].stdout == b"again\n"
    keeper.close()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_keeper_ends_with_its_worker_and_by_no_signal_that_can_be_heeded(
    keeper: Keeper, signum: signal.Signals
) -> None:
    run(keeper, "true")
    assert keeper._process is not None

    keeper._process.send_signal(signum)

    assert run(keeper, "echo still here")[1].stdout == b"still here\n"
    assert keeper._process.poll() is None


def test_a_forked_worker_has_a_keeper_of_its_own(keeper: Keeper) -> None:
    run(keeper, "true")
    assert keeper._process is not None

    child = os.fork()
    if child == 0:
        ended, _ = run(keeper, f"test $(ps -o ppid= -p $$) -ne {os.getppid()}")
        keeper.close()
        os._exit(ended.code)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert run(keeper, "echo mine")[1].stdout == b"mine\n"


WORKER = """
import os, sys, threading, uuid
from scheduler.keeper import Command, Keeper

def run(script):
    environment = {**os.environ, "SCHEDULER_RUN_ID": uuid.uuid4().hex}
    keeper.run(Command(("/bin/sh", "-c", script), environment, "SCHEDULER_RUN_ID"), lambda *_: None)

keeper = Keeper(os.environ)
threads = [threading.Thread(target=run, args=(script,), daemon=True) for script in sys.argv[1:] * 10]
for thread in threads:
    thread.start()
if os.fork() == 0:
    # As a pool's process does: it holds the connection to the keeper open, also when the worker is gone.
    import time
    time.sleep(1.5)
    os._exit(0)
print("started", flush=True)
for thread in threads:
    thread.join()
"""
LASTING = (
    "sleep 1000",
    "sleep 1000 & sleep 1000; wait",
    IGNORES_SIGTERM,
    f"{DAEMON}; sleep 1000",
    f"{DAEMON}; exit 0",
    f'( setsid sh -c "{IGNORES_SIGTERM}" & ); exec sleep 1000',
    "( setsid setsid nohup sleep 1000 >/dev/null 2>&1 & ); cat /dev/zero",
)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("trial", range(10))
def test_a_worker_that_ends_at_any_moment_leaves_no_process(tmp_path: Path, how: signal.Signals, trial: int) -> None:
    with Service([sys.executable, "-c", WORKER, *LASTING], tmp_path, {"PYTHONPATH": str(ROOT)}) as worker:
        if trial:
            worker.wait_for_line("started")
        time.sleep(random.Random(trial).uniform(0, 0.5))
        worker.process.send_signal(how)
        worker.wait()

        wait_until_gone(worker)


def test_what_cleared_its_environment_ends_with_the_worker_too(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = f"( setsid env -i /bin/sh -c 'echo $$ >{file}; exec sleep 1000' & ); sleep 1000"
    with Service([sys.executable, "-c", WORKER, script], tmp_path, {"PYTHONPATH": str(ROOT)}) as worker:
        wait_for(lambda: pid_in(file), 10, "the daemon to run")
        worker.process.kill()
        wait_for(lambda: not is_alive(pid_in(file)), 10, "the daemon to end")
        kill(worker.pids())
