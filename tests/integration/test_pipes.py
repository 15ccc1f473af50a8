"""The descriptors between a command and who waits for it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from scheduler.keeper import Keeper
from scheduler.keeper.pipes import Pipes, open_pipes
from tests.integration.keeping import Heard, command, in_a_fork, run


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper(os.environ)
    yield keeper
    keeper.close()


def opened() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def close(*all_pipes: Pipes) -> None:
    for pipes in all_pipes:
        pipes.close_given()
        for descriptor in (pipes.stdout, pipes.stderr, pipes.report):
            os.close(descriptor)


def test_commands_that_are_given_no_input_share_one_that_is_empty() -> None:
    close(open_pipes(b""))
    before = opened()
    first, second, other = open_pipes(b""), open_pipes(b""), open_pipes(b"text")

    assert first.given[0] == second.given[0] != other.given[0]
    assert os.read(other.given[0], 10) == b"text"
    close(first, other)
    assert os.read(second.given[0], 10) == b""
    assert not os.get_inheritable(second.given[0])
    close(second)
    assert opened() == before


def test_threads_that_begin_together_share_it_too() -> None:
    def is_shared_by_all() -> bool:
        together = Barrier(16)

        def open_together(_: int) -> Pipes:
            together.wait()
            return open_pipes(b"")

        before = opened()
        with ThreadPoolExecutor(16) as pool:
            all_pipes = list(pool.map(open_together, range(16)))
        inputs = {pipes.given[0] for pipes in all_pipes}
        close(*all_pipes)
        return len(inputs) == 1 and opened() - before == set(map(str, inputs))

    # Each in a process that has none yet.
    assert all(in_a_fork(is_shared_by_all) for _ in range(20))


def test_what_becomes_a_daemon_gives_its_commands_no_other_input(keeper: Keeper, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for commands\n")
    run(keeper, "true")

    def is_input_empty() -> bool:
        os.closerange(3, 1024)
        for _ in range(50):
            os.open(secret, os.O_RDONLY)
        _, heard = run(keeper, "cat; echo end")
        keeper.close()
        return heard.stdout == b"end\n"

    assert in_a_fork(is_input_empty)


def test_a_command_is_closed_once(keeper: Keeper) -> None:
    run(keeper, "true")
    before = opened()
    running = keeper.start(command("true"))
    assert len(running.descriptors) == 3
    running.follow(Heard())
    assert running.descriptors == ()

    numbers = [os.dup(0) for _ in range(3)]
    running.close()
    for number in numbers:
        # Would fail if another's descriptor of that number had been closed.
        os.close(number)

    assert opened() == before
