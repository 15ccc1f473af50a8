"""Commands run through the keeper: what they get, what they write, and how they end."""

import errno
import os
import pwd
import resource
import selectors
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.keeper import Ended, Identity, Keeper, KeeperLost, NotStarted, Running
from scheduler.keeper.client import _SOFT_LIMIT
from tests.integration.keeping import MARK, Heard, alive_with, command, run
from tests.servers import wait_for

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    keeper = Keeper(os.environ)
    yield keeper
    keeper.close()


@pytest.mark.parametrize(
    ("script", "code", "name"),
    [
        pytest.param("true", 0, None, id="success"),
        pytest.param("exit 3", 3, None, id="exit code"),
        pytest.param("no-such-program", 127, None, id="the shell does not find it"),
        pytest.param("/etc/passwd", 126, None, id="the shell may not execute it"),
        pytest.param("kill -SEGV $$", -11, "SIGSEGV", id="a signal"),
        pytest.param("kill -40 $$", -40, "signal 40", id="a signal without a name"),
    ],
)
def test_a_command_ends_with_its_code_or_signal(keeper: Keeper, script: str, code: int, name: str | None) -> None:
    ended, _ = run(keeper, script)

    assert (ended.code, ended.signal, ended.why, ended.left) == (code, name, None, 0)


def test_output_comes_while_the_command_runs(keeper: Keeper, tmp_path: Path) -> None:
    gate, heard = tmp_path / "gate", Heard()
    os.mkfifo(gate)
    running = keeper.start(command(f"echo one; echo two >&2; cat {gate}"))
    thread = threading.Thread(target=running.follow, args=(heard,))
    thread.start()

    wait_for(lambda: heard.stdout == b"one\n" and heard.stderr == b"two\n", 5, "the first lines")
    assert thread.is_alive()
    gate.write_text("three\n")
    thread.join(5)

    assert heard.stdout == b"one\nthree\n"


def test_any_bytes_come_as_they_are(keeper: Keeper) -> None:
    _, heard = run(keeper, r"printf '\377\000\200 no end'; printf '\033[31m' >&2")

    assert (heard.stdout, heard.stderr) == (b"\xff\x00\x80 no end", b"\x1b[31m")


@pytest.mark.parametrize(
    ("size", "script"),
    [
        pytest.param(10**9, "head -c 1000000000 /dev/zero", id="1 GB, all of it one line"),
        pytest.param(10**8, "yes 2>/dev/null | head -c 100000000", id="100 MB of lines"),
    ],
)
def test_much_output_needs_little_memory(keeper: Keeper, size: int, script: str) -> None:
    count = 0

    def sink(_channel: str, data: bytes) -> None:
        nonlocal count
        count += len(data)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    keeper.run(command(script), sink)

    assert count == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000


def test_a_command_may_close_its_output_and_go_on(keeper: Keeper, tmp_path: Path) -> None:
    ended, heard = run(keeper, f"exec >&- 2>&-; sleep 0.2; touch {tmp_path}/done; exit 4")

    assert (ended.code, heard.stdout, heard.stderr) == (4, b"", b"")
    assert (tmp_path / "done").exists()


def test_standard_input_is_empty_or_what_was_given(keeper: Keeper) -> None:
    text = "größer\n".encode() * 100_000

    assert run(keeper, "cat")[1].stdout == b""
    assert run(keeper, "cat", stdin=text)[1].stdout == text


def test_the_environment_is_the_given_one_alone(keeper: Keeper) -> None:
    _, heard = run(keeper, "/usr/bin/env", "-u", "SCHEDULER_RUN_ID", environment={"A": "1 \udcff"})

    assert sorted(heard.stdout.splitlines()) == sorted([b"A=1 \xff", f"PATH={os.environ['PATH']}".encode()])


def test_an_argument_is_no_shell_text(keeper: Keeper) -> None:
    _, heard = run(keeper, "printf", "%s|", "a b", "$HOME", "'", "*", "\udcff\n")

    assert heard.stdout == b"a b|$HOME|'|*|\xff\n|"


def test_a_program_is_looked_up_in_the_path_of_its_own_environment(keeper: Keeper, tmp_path: Path) -> None:
    program = tmp_path / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)

    _, heard = run(keeper, "hello", "x", environment={"PATH": str(tmp_path)})

    assert heard.stdout == b"hello\n"


def test_folder_and_umask_are_the_given_ones(keeper: Keeper, tmp_path: Path) -> None:
    _, heard = run(keeper, "pwd; umask; touch made", folder=str(tmp_path), umask=0o027)

    assert heard.stdout == f"{tmp_path}\n0027\n".encode()
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("folder", [pytest.param(None, id="plain"), pytest.param("/", id="with a folder")])
def test_the_path_is_gone_through_as_execvp_does(keeper: Keeper, tmp_path: Path, folder: str | None) -> None:
    barred, good = tmp_path / "barred", tmp_path / "good"
    for place in (barred, good):
        place.mkdir()
        (place / "hello").write_text(f"#!/bin/sh\necho {place.name}\n")
    (good / "hello").chmod(0o755)
    path = f"{tmp_path}/none:/etc/passwd:{barred}"

    def hello(path: str) -> bytes:
        return run(keeper, "hello", "x", environment={"PATH": path}, folder=folder)[1].stdout

    assert hello(f"{path}:{good}") == b"good\n"
    with pytest.raises(NotStarted) as caught:
        hello(f"{path}:{tmp_path}/none")
    assert caught.value.number == errno.EACCES


@pytest.mark.parametrize("folder", [pytest.param(None, id="plain"), pytest.param("/", id="with a folder")])
def test_of_the_keepers_environment_nothing_is_inherited_that_was_not_given(tmp_path: Path, folder: str | None) -> None:
    keeper = Keeper({"PATH": os.environ["PATH"], "SAME": "same", "LEFT": "left", "OTHER": "a"})
    given = {"SAME": "same", "OTHER": "b \udcff", "MORE": "ü"}
    try:
        _, heard = run(keeper, "env", "-u", MARK, "-u", "PATH", environment=given, folder=folder)
    finally:
        keeper.close()

    assert sorted(heard.stdout.splitlines()) == [b"MORE=\xc3\xbc", b"OTHER=b \xff", b"SAME=same"]


@needs_root
def test_a_command_can_run_as_another_user(keeper: Keeper) -> None:
    nobody = pwd.getpwnam("nobody")

    _, heard = run(keeper, "id -u; id -g; id -G", identity=Identity(nobody.pw_uid, nobody.pw_gid, (nobody.pw_gid,)))

    assert heard.stdout == f"{nobody.pw_uid}\n{nobody.pw_gid}\n{nobody.pw_gid}\n".encode()


def test_a_command_leads_its_session_with_default_signals_and_no_open_files(keeper: Keeper) -> None:
    ids = run(keeper, "ps -o sid=,pgid=,pid= -p $$")[1].stdout.split()
    signals = run(keeper, "grep", "-e", "SigBlk", "-e", "SigIgn", "/proc/self/status")[1].stdout.split()
    descriptors = run(keeper, "ls", "/proc/self/fd")[1].stdout.split()

    assert len(set(ids)) == 1
    assert signals[:3] == [b"SigBlk:", b"0" * 16, b"SigIgn:"]
    # glibc's posix_spawn leaves its own two, 32 and 33, which no program can send or handle through it, ignored.
    assert int(signals[3], 16) & ~(1 << 31 | 1 << 32) == 0
    # The fourth is the folder that it lists.
    assert descriptors == [b"0", b"1", b"2", b"3"]


def test_signals_that_the_worker_blocks_are_blocked_neither_for_the_keeper_nor_for_commands() -> None:
    keeper = Keeper(os.environ)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        keeper.launch()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    running = keeper.start(command("sleep 0.3; grep SigBlk /proc/self/status"))
    heard, ends = Heard(), list[Ended]()
    thread = threading.Thread(target=lambda: ends.append(running.follow(heard)), daemon=True)
    thread.start()
    thread.join(10)
    keeper.close()

    assert [ended.why for ended in ends] == [None]
    assert heard.stdout.split() == [b"SigBlk:", b"0" * 16]


def test_a_command_has_the_usual_limit_of_open_files(keeper: Keeper) -> None:
    _, heard = run(keeper, "ulimit -n")

    assert heard.stdout == f"{_SOFT_LIMIT}\n".encode()


@pytest.mark.parametrize(
    ("arguments", "folder", "number", "at_folder"),
    [
        pytest.param(("/no/such/program", "x"), None, errno.ENOENT, None, id="not found"),
        pytest.param(("no-such-program", "x"), None, errno.ENOENT, None, id="not in the PATH"),
        pytest.param(("/etc/passwd", "x"), None, errno.EACCES, None, id="not executable"),
        pytest.param(("/etc", "x"), None, errno.EACCES, None, id="a folder"),
        pytest.param(("echo", "x" * 3_000_000), None, errno.E2BIG, None, id="too long"),
        pytest.param(("echo", "a\0b"), None, errno.EINVAL, None, id="a NUL"),
        pytest.param(("echo", "a\0b"), "/", errno.EINVAL, None, id="a NUL, with a folder"),
        pytest.param(("echo", "x"), "/no/such/folder", errno.ENOENT, "/no/such/folder", id="no folder"),
        pytest.param(("echo", "x"), "/etc/passwd", errno.ENOTDIR, "/etc/passwd", id="a file as folder"),
    ],
)
def test_what_cannot_be_started_says_why(
    keeper: Keeper, arguments: tuple[str, ...], folder: str | None, number: int, at_folder: str | None
) -> None:
    with pytest.raises(NotStarted) as caught:
        run(keeper, *arguments, folder=folder)

    assert (caught.value.number, caught.value.folder) == (number, at_folder)


def test_a_script_without_its_first_line_is_no_program(keeper: Keeper, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("echo hello\n")
    script.chmod(0o755)

    with pytest.raises(NotStarted, match="Exec format error"):
        run(keeper, str(script), "x")


@pytest.mark.parametrize(
    ("variables", "number"),
    [
        # Each more than a socket holds, so that the worker is still telling the keeper of them when that dies.
        pytest.param({"PYTHONHOME": "/no/such/folder", "A": "x" * 120_000, "B": "x" * 120_000}, errno.EPIPE, id="dies"),
        pytest.param({"A": "x" * 200_000}, errno.E2BIG, id="is no process at all"),
    ],
)
def test_a_keeper_that_cannot_live_starts_nothing(variables: dict[str, str], number: int) -> None:
    keeper = Keeper(variables)
    for start in (keeper.launch, lambda: keeper.start(command("true"))):
        with pytest.raises(NotStarted) as caught:
            start()
        assert caught.value.number == number
    assert keeper.running() == ()
    keeper.close()


def test_an_error_in_the_sink_ends_the_command(keeper: Keeper) -> None:
    def sink(_channel: str, _data: bytes) -> None:
        raise ZeroDivisionError

    sleeper = command("echo; sleep 60")
    with pytest.raises(ZeroDivisionError):
        keeper.run(sleeper, sink)

    assert alive_with(sleeper.mark_text) == []


class Listener:
    """One thread that listens to many commands."""

    def __init__(self, *started: Running) -> None:
        self.ends: dict[Running, Ended | Exception] = {}
        self.heard = {one: Heard() for one in started}
        self._selector = selectors.DefaultSelector()
        for one in started:
            for descriptor in one.descriptors:
                self._selector.register(descriptor, selectors.EVENT_READ, one)

    def listen(self) -> None:
        """Until all have ended."""
        while len(self.ends) < len(self.heard):
            for key, _ in self._selector.select(10):
                self._heed(key.data, key.fd)

    def _heed(self, one: Running, descriptor: int) -> None:
        if one in self.ends:
            return
        try:
            ended = one.heed(descriptor, self.heard[one])
        except (NotStarted, KeeperLost) as error:
            ended = error
        if ended is not None:
            self.ends[one] = ended
        for left in set(self._of(one)) - set(one.descriptors if ended is None else ()):
            self._selector.unregister(left)
        if ended is not None:
            one.close()

    def _of(self, one: Running) -> list[int]:
        return [key.fd for key in self._selector.get_map().values() if key.data is one]


def test_one_thread_listens_to_many(keeper: Keeper) -> None:
    scripts = ["echo one; exit 3", "exec >&- 2>&-; sleep 0.3; exit 4", "echo two >&2; kill -9 $$", "sleep 0.5 | cat"]
    started = [keeper.start(command(script)) for script in scripts]
    missing = keeper.start(command("no-such-program", "x"))
    listener = Listener(*started, missing)

    listener.listen()

    assert [listener.ends[one].code for one in started] == [3, 4, -9, 0]
    assert [listener.heard[one].stdout for one in started] == [b"one\n", b"", b"", b""]
    assert listener.heard[started[2]].stderr == b"two\n"
    assert isinstance(listener.ends[missing], NotStarted)
    assert keeper.running() == ()


def test_a_listener_learns_that_the_keeper_is_gone() -> None:
    keeper = Keeper(os.environ)
    keeper.launch()
    assert keeper._process is not None
    first = keeper._process.pid
    started = [keeper.start(command("sleep 1000")) for _ in range(3)]
    assert keeper._process.pid == first
    wait_for(lambda: all(alive_with(one.command.mark_text) for one in started), 5, "the commands")
    os.kill(first, signal.SIGKILL)
    listener = Listener(*started)

    listener.listen()

    assert all(isinstance(end, KeeperLost) for end in listener.ends.values())
    assert not any(alive_with(one.command.mark_text) for one in started)
    keeper.close()


def test_hundreds_run_at_once(keeper: Keeper) -> None:
    ends: list[Ended] = []
    threads = [threading.Thread(target=lambda: ends.append(run(keeper, "sleep 0.5; exit 7")[0])) for _ in range(300)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [ended.code for ended in ends] == [7] * 300
