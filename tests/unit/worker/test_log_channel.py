"""Bytes of a stream on their way to a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.store.runs.log import CHUNK_BYTES
from scheduler.worker.log.channel import Channel
from scheduler.worker.masking import Masker


def said(pieces: list[bytes], secrets: tuple[str, ...] = ()) -> list[str]:
    channel = Channel()
    texts = list(channel.mask(Masker(secrets)))
    for piece in pieces:
        texts += channel.feed(piece)
    return [*texts, *channel.close()]


@given(st.text(), st.integers(1, 7))
def test_a_text_that_is_cut_anywhere_is_what_it_was(text: str, size: int) -> None:
    data = text.encode("utf-8", "replace")
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert "".join(said(pieces)) == data.decode()


@given(st.binary())
def test_any_bytes_become_text(data: bytes) -> None:
    assert "".join(said([data])) == data.decode("utf-8", "replace")


@pytest.mark.parametrize("data", [b"x" * 1_000_000, "\U0001f600".encode() * 100_000, b"\xff" * 100_000])
def test_no_text_is_longer_than_a_chunk(data: bytes) -> None:
    texts = said([data])
    assert max(len(text.encode()) for text in texts) <= CHUNK_BYTES
    assert "".join(texts) == data.decode("utf-8", "replace")


def test_a_secret_that_comes_in_two_pieces_is_masked() -> None:
    assert "".join(said([b"a hunter", b"2-secret b"], ("hunter2-secret",))) == "a *** b"
