"""One terminal for all: labelled lines, and nobody waits for a slow reader."""

import os
from collections.abc import Iterator

import pytest

from scheduler.up.screen import Screen


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    yield read_end, write_end
    for descriptor in (read_end, write_end):
        try:
            os.close(descriptor)
        except OSError:
            continue


def drain(descriptor: int, screen: Screen) -> bytes:
    """Read until the screen has no more to say."""
    taken = b""
    while True:
        screen.write()
        try:
            taken += os.read(descriptor, 1024 * 1024)
        except BlockingIOError:
            return taken


def test_labels_are_aligned(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["up", "worker"], colour=False)

    screen.line("up", "hello")
    screen.line("worker", "task started")

    assert drain(pipe[0], screen) == b"up     | hello\nworker | task started\n"
    assert not screen.has_more


def test_labels_are_coloured_when_asked(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["up", "beat"], colour=True)

    screen.line("beat", "plain")

    assert drain(pipe[0], screen) == b"\x1b[32mbeat |\x1b[0m plain\n"


def test_a_reader_that_does_not_read_blocks_nobody_and_is_told_what_it_missed(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["beat"], colour=False)
    for number in range(30_000):
        screen.line("beat", f"{number:093d}")
        screen.write()

    shown = drain(pipe[0], screen).decode().splitlines()

    notices = [line for line in shown if line.startswith("(")]
    assert len(notices) == 1
    missed = int(notices[0].removeprefix("(").partition(" ")[0].replace(",", ""))
    assert len(shown) - 1 + missed == 30_000
    assert 10_000 <= len(shown) <= 12_500


def test_a_reader_that_is_gone_is_no_fault(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["beat"], colour=False)
    os.close(pipe[0])

    screen.line("beat", "one")
    screen.write()
    screen.line("beat", "two")
    screen.write()

    assert not screen.has_more


def test_a_pipe_of_the_caller_stays_blocking(pipe: tuple[int, int]) -> None:
    Screen(pipe[1], ["beat"], colour=False)

    assert os.get_blocking(pipe[1])


def test_finish_gives_up_on_a_reader_that_does_not_read(pipe: tuple[int, int]) -> None:
    screen = Screen(pipe[1], ["beat"], colour=False)
    screen.line("beat", "x" * 200_000)

    screen.finish(0.1)

    assert screen.has_more


def test_a_terminal_that_is_paused_blocks_nobody() -> None:
    master, terminal = os.openpty()
    try:
        screen = Screen(terminal, ["beat"], colour=False)
        for _ in range(5_000):
            screen.line("beat", "x" * 100)
            screen.write()

        assert screen.has_more
        assert os.get_blocking(terminal)
    finally:
        os.close(screen.descriptor)
        os.close(master)
        os.close(terminal)
