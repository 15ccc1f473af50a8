"""What a child writes is shown in whole lines, whatever bytes it consists of."""

import pytest

from scheduler.up.lines import Lines


def test_pieces_are_put_together_into_lines() -> None:
    lines = Lines()

    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o") == []
    assert lines.feed(b"\nthree\n") == ["two", "three"]
    assert lines.rest() == []


def test_a_last_line_without_an_end_is_not_lost() -> None:
    lines = Lines()
    lines.feed(b"Segmentation fault")

    assert lines.rest() == ["Segmentation fault"]
    assert lines.rest() == []


def test_a_character_cut_in_two_by_the_pipe_is_whole_in_the_line() -> None:
    lines = Lines()
    first, second = "Zürich\n".encode()[:2], "Zürich\n".encode()[2:]

    assert lines.feed(first) == []
    assert lines.feed(second) == ["Zürich"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param(b"caf\xe9\n", "caf\ufffd", id="latin-1"),
        pytest.param(b"\xff\xfe\n", "\ufffd\ufffd", id="no-text-at-all"),
        pytest.param(b"dos\r\n", "dos", id="carriage-return-at-the-end"),
        pytest.param(b"10%\r20%\n", "10%\u240d20%", id="progress-bar"),
        pytest.param(b"\x1b[2Jgone\n", "\u241b[2Jgone", id="clear-screen"),
        pytest.param("\x9b2Jgone\n".encode(), "\ufffd2Jgone", id="clear-screen-in-8-bits"),
        pytest.param(b"a\tb\n", "a\tb", id="tab"),
        pytest.param(b"\n", "", id="empty"),
    ],
)
def test_bytes_that_are_no_text_cannot_steer_the_terminal(written: bytes, shown: str) -> None:
    assert Lines().feed(written) == [shown]


def test_a_very_long_line_loses_its_end_and_says_so() -> None:
    lines = Lines()
    for _ in range(20):
        assert lines.feed(b"x" * 1024) == []

    (line,) = lines.feed(b"\n")

    assert line == "x" * 16_384 + " … and 4,096 bytes more"
    assert lines.feed(b"short again\n") == ["short again"]
