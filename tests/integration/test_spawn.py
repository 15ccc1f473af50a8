"""Plain programs are started by posix_spawn, the others by Popen: nobody can tell which it was."""

import errno
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.keeper import NotStarted
from scheduler.keeper.spawn import spawn
from tests.integration.keeping import in_a_fork

PATH = os.environ["PATH"]
# What glibc's posix_spawn leaves ignored are its own two, 32 and 33, which it lets no program send or handle.
OF_GLIBC = 1 << 31 | 1 << 32
# What a command did: its exit code, and what it wrote.
Answer = tuple[int, bytes, bytes]


def order(*arguments: str, environment: dict[str, str] | None = None, folder: str | None = None) -> dict[str, Any]:
    variables = {"PATH": PATH} if environment is None else environment
    return {"arguments": arguments, "environment": variables, "folder": folder, "identity": None, "umask": None}


def answer(wanted: dict[str, Any]) -> Answer | tuple[int, str | None]:
    """Start it, and return what it did, or the number and the folder of why it could not be started."""
    stdin, (out, to_out), (err, to_err) = os.open(os.devnull, os.O_RDONLY), os.pipe(), os.pipe()
    try:
        pid = spawn(wanted, stdin, to_out, to_err)
    except NotStarted as error:
        return error.number, error.folder
    finally:
        for descriptor in (stdin, to_out, to_err):
            os.close(descriptor)
        with os.fdopen(out, "rb") as stdout, os.fdopen(err, "rb") as stderr:
            said = stdout.read(), stderr.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), *said


def both(*arguments: str, environment: dict[str, str] | None = None) -> list[Any]:
    """Return the answers of both ways: only what has a folder, be it that of this process, is no plain program."""
    folders = None, str(Path.cwd())
    return [answer(order(*arguments, environment=environment, folder=folder)) for folder in folders]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs named `it`, good ones and bad ones, in which this process is."""

    def it(folder: str, text: str, mode: int = 0o755) -> None:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "it").write_text(text)
        (tmp_path / folder / "it").chmod(mode)

    it("good", '#!/bin/sh\necho good "$@"\n')
    it("better", "#!/bin/sh\necho better\n")
    it("barred", "#!/bin/sh\n", 0o644)
    it("bare", "echo a script without a first line\n")
    it("no-interpreter", "#!/no/such/interpreter\n")
    it("barred-interpreter", "#!/etc/passwd\n")
    it("empty", "")
    it("\udcff", "#!/bin/sh\necho bytes\n")
    (tmp_path / "a-folder" / "it").mkdir(parents=True)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling" / "it").symlink_to("nothing")
    monkeypatch.chdir(tmp_path)
    return tmp_path


GOOD: Answer = (0, b"good\n", b"")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        pytest.param("good/it", GOOD, id="good"),
        pytest.param("./good/it", GOOD, id="good, from here"),
        pytest.param("\udcff/it", (0, b"bytes\n", b""), id="a name that is no UTF-8"),
        pytest.param("/no/such/program", (errno.ENOENT, None), id="not found"),
        pytest.param("no-such-program", (errno.ENOENT, None), id="not in the PATH"),
        pytest.param("", (errno.EACCES, None), id="no name: the folders of the PATH themselves"),
        pytest.param(".", (errno.EACCES, None), id="a dot"),
        pytest.param("/etc/passwd/it", (errno.ENOTDIR, None), id="below a file"),
        pytest.param("barred/it", (errno.EACCES, None), id="not executable"),
        pytest.param("good", (errno.ENOENT, None), id="a folder here, which is not in the PATH"),
        pytest.param("./good", (errno.EACCES, None), id="a folder"),
        pytest.param("good/", (errno.EACCES, None), id="a folder, with its slash"),
        pytest.param("bare/it", (errno.ENOEXEC, None), id="no first line"),
        pytest.param("empty/it", (errno.ENOEXEC, None), id="empty"),
        pytest.param("no-interpreter/it", (errno.ENOENT, None), id="no interpreter"),
        pytest.param("barred-interpreter/it", (errno.EACCES, None), id="an interpreter that is not executable"),
        pytest.param("loop/it", (errno.ELOOP, None), id="a link to itself"),
        pytest.param("dangling/it", (errno.ENOENT, None), id="a link to nothing"),
        pytest.param("x" * 300, (errno.ENAMETOOLONG, None), id="a name too long"),
        pytest.param("./" + "x" * 300, (errno.ENAMETOOLONG, None), id="a file name too long"),
        pytest.param("a\0b", (errno.EINVAL, None), id="a NUL"),
        pytest.param("\ud800", (errno.EINVAL, None), id="half a character that is no byte"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_program_is_started_or_said_why_not(program: str, expected: Any) -> None:
    assert both(program) == [expected, expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("good", GOOD, id="good"),
        pytest.param("good:better", GOOD, id="the first of two"),
        pytest.param("none:/etc/passwd:dangling:good", GOOD, id="behind what is not there"),
        pytest.param("barred:bare:a-folder:no-interpreter:good", GOOD, id="behind what cannot be executed"),
        pytest.param("\udcff", (0, b"bytes\n", b""), id="a folder whose name is no UTF-8"),
        pytest.param("", (errno.ENOENT, None), id="empty, which is here"),
        pytest.param("none", (errno.ENOENT, None), id="no folder"),
        pytest.param("/etc/passwd", (errno.ENOTDIR, None), id="a file"),
        pytest.param("/etc/passwd:none", (errno.ENOENT, None), id="a file, then no folder"),
        pytest.param("none:/etc/passwd", (errno.ENOTDIR, None), id="no folder, then a file"),
        pytest.param("barred:none", (errno.EACCES, None), id="not executable, then no folder"),
        pytest.param("none:barred:bare", (errno.EACCES, None), id="not executable, then no first line"),
        pytest.param("bare:barred", (errno.ENOEXEC, None), id="no first line, then not executable"),
        pytest.param("no-interpreter:none", (errno.ENOENT, None), id="no interpreter"),
        pytest.param("loop:barred", (errno.ELOOP, None), id="a link to itself, then not executable"),
        pytest.param("a-folder", (errno.EACCES, None), id="a folder of the name"),
        pytest.param("x" * 300 + ":good", GOOD, id="behind a name too long"),
        pytest.param("good\0", (errno.EINVAL, None), id="a NUL"),
    ],
)
@pytest.mark.usefixtures("here")
def test_the_path_is_gone_through_in_the_same_way(path: str, expected: Any) -> None:
    assert both("it", environment={"PATH": path}) == [expected, expected]


def test_an_empty_part_of_the_path_is_here(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here / "good")
    for path in ("", ":", "none::none"):
        assert both("it", environment={"PATH": path}) == [GOOD, GOOD]


def test_without_a_path_there_is_the_usual_one() -> None:
    assert both("echo", "x", environment={}) == [(0, b"x\n", b"")] * 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["", "a b", "$HOME", "'", "*"], (0, b"|a b|$HOME|'|*|", b""), id="signs that mean something"),
        pytest.param(["\udcff\udc80", "ü"], (0, b"\xff\x80|\xc3\xbc|", b""), id="bytes that are no UTF-8"),
        pytest.param(["x" * 200_000], (errno.E2BIG, None), id="one too long"),
        pytest.param(["x" * 100_000] * 40, (errno.E2BIG, None), id="too long together"),
        pytest.param(["a\0b"], (errno.EINVAL, None), id="a NUL"),
        pytest.param(["\ud800"], (errno.EINVAL, None), id="half a character that is no byte"),
    ],
)
def test_arguments_come_as_they_are(arguments: list[str], expected: Any) -> None:
    assert both("printf", "%s|", *arguments) == [expected, expected]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"A": "1", "B": ""}, (0, b"A=1\0B=\0", b""), id="usual"),
        pytest.param(
            {"\udcfe": "\udcff", "ü": "="}, (0, b"\xfe=\xff\0\xc3\xbc==\0", b""), id="bytes that are no UTF-8"
        ),
        pytest.param({"": "1", "A": "2"}, (0, b"=1\0A=2\0", b""), id="no name"),
        pytest.param({"A": "x" * 200_000}, (errno.E2BIG, None), id="too long"),
        pytest.param({"A": "a\0b"}, (errno.EINVAL, None), id="a NUL"),
        pytest.param({"A\0": "b"}, (errno.EINVAL, None), id="a NUL in a name"),
        pytest.param({"A=B": "c"}, (errno.EINVAL, None), id="a name that ends early"),
    ],
)
def test_the_environment_is_the_given_one(variables: dict[str, str], expected: Any) -> None:
    assert both("/usr/bin/env", "-0", environment=variables) == [expected, expected]


@pytest.fixture(autouse=True)
def usual_signals() -> Iterator[None]:
    """A shell ignores them for what it runs in the background, and so would what the tests start."""
    ignored = [number for number in (signal.SIGINT, signal.SIGQUIT) if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def unusual_signals() -> Iterator[None]:
    """Handlers, what is ignored, and what is blocked, as an application might have them."""
    handlers = {signal.SIGTERM: lambda *_: None, signal.SIGUSR1: signal.SIG_IGN, signal.SIGPIPE: signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    for number, handler in before.items():
        signal.signal(number, handler)


def masks() -> list[list[int]]:
    """Return what is pending, blocked and ignored in both."""
    answers = both("grep", "^Sig[PBI]", "/proc/self/status")
    return [[int(line.split()[1], 16) & ~OF_GLIBC for line in answer[1].splitlines()] for answer in answers]


def test_signals_are_as_usual() -> None:
    assert masks() == [[0, 0, 0]] * 2


@pytest.mark.usefixtures("unusual_signals")
def test_unusual_signals_are_inherited_in_the_same_way() -> None:
    assert masks() == [[0, 1 << signal.SIGUSR2 - 1, 1 << signal.SIGUSR1 - 1]] * 2


def test_a_command_leads_a_session_and_a_group() -> None:
    for _, said, _ in both("sh", "-c", "ps -o sid=,pgid=,pid= -p $$"):
        assert len(set(said.split())) == 1
        assert int(said.split()[0]) != os.getsid(0)


def test_no_descriptor_is_inherited() -> None:
    def is_none_inherited() -> bool:
        # Those apart that the tests themselves were given.
        os.closerange(3, 1024)
        for _ in range(5):
            os.pipe()
        # The fourth is the folder that it lists.
        return both("ls", "/proc/self/fd") == [(0, b"0\n1\n2\n3\n", b"")] * 2

    assert in_a_fork(is_none_inherited)


@pytest.mark.parametrize(
    "numbers",
    [*itertools.permutations(range(3)), (2, 3, 4), (3, 0, 4), (3, 4, 1), (0, 3, 4), (1, 2, 3), (3, 1, 0)],
)
@pytest.mark.parametrize("folder", [pytest.param(None, id="plain"), pytest.param("/", id="with a folder")])
def test_standard_descriptors_may_have_each_others_numbers(
    tmp_path: Path, numbers: tuple[int, int, int], folder: str | None
) -> None:
    (tmp_path / "in").write_text("given")

    def ends_well() -> bool:
        opened = [os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("in", "out", "err")]
        apart = [os.dup(descriptor) for descriptor in opened]
        os.closerange(0, min(apart))
        for descriptor, number in zip(apart, numbers, strict=True):
            os.dup2(descriptor, number, inheritable=False)
        pid = spawn(order("sh", "-c", "cat; echo error >&2", folder=folder), *numbers)
        return os.waitpid(pid, 0)[1] == 0

    assert in_a_fork(ends_well)
    assert [(tmp_path / name).read_text() for name in ("in", "out", "err")] == ["given", "given", "error\n"]


@pytest.mark.usefixtures("here")
def test_where_there_is_no_room_for_a_process_no_other_program_of_the_name_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of a real limit, the second attempt would have to come when there is room again.
    attempts: list[str] = []
    real = os.posix_spawn

    def full_at_first(path: str, *arguments: Any, **options: Any) -> int:
        attempts.append(path)
        if len(attempts) == 1:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "posix_spawn", full_at_first)

    assert answer(order("it", environment={"PATH": "good:better"})) == (errno.EAGAIN, None)
    assert attempts == ["good/it"]


@pytest.mark.usefixtures("here")
def test_where_posix_spawn_knows_no_sessions_popen_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_arguments: Any, **_options: Any) -> int:
        raise NotImplementedError("setsid")

    monkeypatch.setattr(os, "posix_spawn", unsupported)

    assert both("good/it") == [GOOD, GOOD]
