"""What becomes of a command's output."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.jobs.command import FailWhen
from scheduler.tasks.command.output import Output
from scheduler.tasks.errors import TaskError
from scheduler.tasks.output.head_and_tail import HeadAndTail
from scheduler.tasks.output.lines import LONGEST_BYTES, Lines
from scheduler.worker.masking import Masker

Piece = tuple[str, bytes]
PIECES = st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.binary(max_size=40)), max_size=30)


class Log:
    """Remembers each line with its stream."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bytes]] = []

    def __call__(self, channel: str, line: bytes) -> None:
        self.lines.append((channel, line))


def test_lines_come_whole_with_their_ends_and_any_bytes() -> None:
    lines = Lines()

    assert list(lines.feed(b"a\nb")) == [b"a\n"]
    assert list(lines.feed(b"c\n\n\r\n\xff")) == [b"bc\n", b"\n", b"\r\n"]
    assert (list(lines.close()), list(lines.close())) == ([b"\xff"], [])


def test_a_line_that_is_too_long_comes_in_pieces() -> None:
    lines = Lines()

    pieces = [*lines.feed(b"x" * 40_000), *lines.feed(b"x\ny\n")]

    assert [len(piece) for piece in pieces] == [LONGEST_BYTES, LONGEST_BYTES, 40_002 - 2 * LONGEST_BYTES, 2]
    assert b"".join(pieces) == b"x" * 40_001 + b"\ny\n"


@given(st.lists(st.binary(max_size=20)))
def test_lines_lose_nothing(pieces: list[bytes]) -> None:
    lines = Lines()

    given_back = [line for piece in pieces for line in lines.feed(piece)] + list(lines.close())

    assert b"".join(given_back) == b"".join(pieces)
    assert given_back == b"".join(pieces).splitlines(keepends=True) or any(b in b"".join(pieces) for b in b"\r\v\f")


def test_what_fits_is_passed_on_at_once() -> None:
    log = Log()
    kept = HeadAndTail(log, 20)

    kept.feed("stdout", b"0123456789")
    assert log.lines == [("stdout", b"0123456789")]
    kept.feed("stderr", b"abcdefghij")
    kept.close()

    assert log.lines == [("stdout", b"0123456789"), ("stderr", b"abcdefghij")]
    assert kept.cut == 0


def test_of_more_the_beginning_and_the_end_are_kept() -> None:
    log = Log()
    kept = HeadAndTail(log, 20)

    for number in range(10):
        kept.feed("stdout", b"line %d\n" % number)
    kept.close()

    assert log.lines == [
        ("stdout", b"line 0\n"),
        ("scheduler", "… 53 bytes left out …\n".encode()),
        ("stdout", b" 8\n"),
        ("stdout", b"line 9\n"),
    ]
    assert kept.cut == 53


@given(PIECES, st.integers(1, 200))
def test_head_and_tail_never_pass_more_than_the_bound(pieces: list[tuple[str, bytes]], most: int) -> None:
    log = Log()
    kept = HeadAndTail(log, most)

    for channel, data in pieces:
        kept.feed(channel, data)
    kept.close()

    passed = b"".join(data for channel, data in log.lines if channel != "scheduler")
    everything = b"".join(data for _, data in pieces)
    assert len(passed) <= most
    assert len(passed) + kept.cut == len(everything)
    assert kept.cut == 0 or everything.endswith(passed[-(most - most // 2) :])
    assert kept.cut or passed == everything


def test_much_output_takes_little_memory_and_time() -> None:
    output = Output(FailWhen(), Masker(["hunter22"]), Log())
    piece = b"nothing to see\n" * 4_369
    tracemalloc.start()
    start = time.perf_counter()

    for _ in range(1_600):
        output("stdout", piece)
    output.close()

    # 100 MB; a gigabyte a minute would do.
    assert time.perf_counter() - start < 6
    assert tracemalloc.get_traced_memory()[1] < 15_000_000
    tracemalloc.stop()
    assert output.cut == 1_600 * len(piece) - 1024 * 1024 + (512 * 1024) % 15


def test_one_endless_line_takes_little_memory() -> None:
    output = Output(FailWhen(stdout="needle"), Masker([]), Log())
    tracemalloc.start()

    for _ in range(1_600):
        output("stdout", b"x" * 65_536)
    output.close()

    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_output_is_masked_before_anybody_sees_it() -> None:
    log = Log()
    output = Output(FailWhen(stderr="hunter22"), Masker(["hunter22"]), log)

    output("stderr", b"login with hunt")
    output("stdout", b"hunter2")
    output("stderr", b"er22 failed\n")
    output.close()

    assert log.lines == [("stderr", b"login with *** failed\n"), ("stdout", b"hunter2")]
    assert (output.found(), output.last_line) == (None, b"login with *** failed\n")


def test_a_line_that_is_cut_off_by_the_bound_is_shown_as_far_as_it_goes() -> None:
    log = Log()
    output = Output(FailWhen(), Masker([]), log, most=20)

    output("stdout", b"0123456789abcdefghijklmnopqrstuvwxyz")
    output.close()

    assert log.lines == [
        ("stdout", b"0123456789"),
        ("scheduler", "… 16 bytes left out …\n".encode()),
        ("stdout", b"qrstuvwxyz"),
    ]


@pytest.mark.parametrize(
    ("fail_when", "pieces", "found"),
    [
        pytest.param({"stderr": "R|F"}, [("stderr", b"an E"), ("stderr", b"R\nX\n")], ("stderr", b"an ER"), id="cut"),
        pytest.param({"stderr": "ERROR"}, [("stdout", b"ERROR\n")], None, id="the other stream"),
        pytest.param({"stdout": "^b$"}, [("stdout", b"ab\nb\nbc\n")], ("stdout", b"b"), id="a whole line"),
        pytest.param({"stdout": "end$"}, [("stdout", b"the end")], ("stdout", b"the end"), id="the last line"),
        pytest.param({"stdout": "a.b"}, [("stdout", b"a\nb\n")], None, id="never across lines"),
        pytest.param({"stdout": "ü"}, [("stdout", "über\n".encode())], ("stdout", "über".encode()), id="UTF-8"),
        pytest.param({"stdout": "x"}, [("stdout", b"\xff\x00x\n")], ("stdout", b"\xff\x00x"), id="any bytes"),
    ],
)  # fmt: skip
def test_a_pattern_is_found_in_a_line(fail_when: dict[str, str], pieces: list[Piece], found: Piece | None) -> None:
    output = Output(FailWhen(**fail_when), Masker([]), Log())

    for channel, data in pieces:
        output(channel, data)
    output.close()

    assert output.found() == found


def test_a_pattern_is_found_in_what_is_not_logged() -> None:
    output = Output(FailWhen(stdout="needle"), Masker([]), Log(), most=100)

    output("stdout", b"hay\n" * 1000 + b"needle\n" + b"hay\n" * 1000)
    output.close()

    assert output.found() == ("stdout", b"needle")


def test_a_pattern_that_takes_too_long_is_an_error_and_the_log_goes_on() -> None:
    log = Log()
    output = Output(FailWhen(stderr="(a|aa)+$"), Masker([]), log)

    with pytest.raises(TaskError) as caught:
        output("stderr", b"a" * 60 + b"b\n")
    output("stderr", b"more\n")
    output.close()

    assert str(caught.value) == (
        'command.fail_when.stderr: "(a|aa)+$" takes too long on a line, expected a simpler pattern'
    )
    assert log.lines == [("stderr", b"more\n")]
