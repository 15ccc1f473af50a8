"""Bodies that servers pack."""

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.tasks.errors import TaskError
from scheduler.tasks.http.unpack import Unpacker


def unpacked(coding: str, *pieces: bytes) -> bytes:
    unpacker = Unpacker(coding)
    body = b"".join(piece for data in pieces for piece in unpacker.feed(data))
    unpacker.close()
    return body


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("X-GZip ", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
    ],
)
@given(data=st.binary(max_size=2_000), size=st.integers(1, 500))
def test_a_body_is_unpacked_however_it_is_cut(coding, pack, data: bytes, size: int) -> None:
    packed = pack(data)

    assert unpacked(coding, *(packed[start : start + size] for start in range(0, len(packed), size))) == data


def test_members_follow_one_another_and_padding_is_let_go() -> None:
    assert unpacked("gzip", gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0\0") == b"ab"


@given(data=st.binary(min_size=1, max_size=200))
def test_what_is_not_packed_is_an_error_and_nothing_else(data: bytes) -> None:
    for coding in ("gzip", "deflate"):
        with suppress(TaskError):
            unpacked(coding, data)


def test_pieces_are_small() -> None:
    sizes = [len(piece) for piece in Unpacker("gzip").feed(gzip.compress(bytes(10_000_000)))]

    assert sum(sizes) == 10_000_000
    assert max(sizes) <= 65_536


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "aes128gcm"])
def test_other_codings_are_passed_on(coding: str) -> None:
    unpacker = Unpacker(coding)

    assert not unpacker.is_readable
    assert b"".join(unpacker.feed(b"abc")) == b"abc"
