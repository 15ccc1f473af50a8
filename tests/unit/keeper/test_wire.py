"""Messages between worker and keeper."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.keeper.wire import Inbox, send

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_messages_that_come_together_are_told_apart(ends: Ends) -> None:
    ours, theirs = ends
    send(ours, {"a": 1})
    send(ours, {"b": [2, None, "ü\udcff"]})

    assert Inbox(theirs).receive() == [({"a": 1}, ()), ({"b": [2, None, "ü\udcff"]}, ())]


def test_a_message_that_comes_in_pieces_is_put_together(ends: Ends) -> None:
    ours, theirs = ends
    inbox = Inbox(theirs)
    send(ours, {"a": "x" * 100_000})

    assert inbox.receive() == []
    assert inbox.receive() == [({"a": "x" * 100_000}, ())]


def test_descriptors_come_with_the_message_they_were_sent_with(ends: Ends) -> None:
    ours, theirs = ends
    inbox = Inbox(theirs)
    first, second = os.memfd_create("first"), os.memfd_create("second")
    send(ours, {"a": "x" * 70_000}, [first])
    send(ours, {"b": 2})
    send(ours, {"c": 3}, [second, first])

    received: list[tuple[dict[str, object], tuple[int, ...]]] = []
    while len(received) < 3:
        received += inbox.receive() or ()

    names = [
        [str(Path(f"/proc/self/fd/{descriptor}").readlink()) for descriptor in descriptors]
        for _, descriptors in received
    ]
    kept = [descriptor for _, descriptors in received for descriptor in descriptors]
    assert not any(map(os.get_inheritable, kept))
    for descriptor in (first, second, *kept):
        os.close(descriptor)
    one, two = "/memfd:first (deleted)", "/memfd:second (deleted)"
    assert names == [[one], [], [two, one]]


def test_the_end_of_the_stream_is_told(ends: Ends) -> None:
    ours, theirs = ends
    ours.close()

    assert Inbox(theirs).receive() is None


def test_a_broken_connection_is_an_end_too(ends: Ends) -> None:
    ours, theirs = ends
    theirs.send(b"never read")
    ours.close()

    assert Inbox(theirs).receive() is None
