"""Reads a time zone file (TZif, RFC 8536): every change of offset, exactly.

zoneinfo keeps no list of changes, and looking for them by asking it day by day can miss two that cancel out.
"""

import struct
from typing import NamedTuple

from scheduler.timetable.posix_rule import PosixRule, parse_rule

_HEADER = struct.Struct(">4s c 15x 6l")


class ZoneFile(NamedTuple):
    """(Seconds since 1970 UTC, offset in seconds east of UTC), in order; `rule` holds after the last."""

    first_offset: int
    changes: tuple[tuple[int, int], ...]
    rule: PosixRule | None


def read_zone_file(content: bytes) -> ZoneFile:
    """Read the 64-bit part of a version 2+ file; ValueError for anything else."""
    version, *counts = _header(content, 0)
    if version < b"2":
        raise ValueError("a time zone file of version 1 has no 64-bit part")
    start = _HEADER.size + _size(counts, 4)
    _, *counts = _header(content, start)
    start += _HEADER.size
    _, _, _, times, types, _ = counts
    instants = struct.unpack_from(f">{times}q", content, start)
    indexes = content[start + 8 * times : start + 9 * times]
    kinds = list(struct.iter_unpack(">l?B", content[start + 9 * times : start + 9 * times + 6 * types]))
    offsets = [kind[0] for kind in kinds]
    footer = content[start + _size(counts, 8) :].strip(b"\n").decode("ascii")
    return ZoneFile(
        _first_offset(kinds),
        tuple((instant, offsets[index]) for instant, index in zip(instants, indexes, strict=True)),
        parse_rule(footer) if footer else None,
    )


def _header(content: bytes, start: int) -> tuple[bytes, int, int, int, int, int, int]:
    magic, version, *counts = _HEADER.unpack_from(content, start)
    if magic != b"TZif":
        raise ValueError("not a time zone file")
    is_utc, is_standard, leaps, times, types, characters = counts
    return version, is_utc, is_standard, leaps, times, types, characters


def _size(counts: list[int], width: int) -> int:
    is_utc, is_standard, leaps, times, types, characters = counts
    return times * (width + 1) + types * 6 + characters + leaps * (width + 4) + is_standard + is_utc


def _first_offset(kinds: list[tuple[int, bool, int]]) -> int:
    """Before the first change holds the first standard time, as zoneinfo has it."""
    return next((offset for offset, is_daylight, _ in kinds if not is_daylight), kinds[0][0])
