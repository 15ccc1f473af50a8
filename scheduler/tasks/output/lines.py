"""Output cut into lines: of any bytes, and of any length without taking as much memory."""

from collections.abc import Iterator

# What is longer is given in pieces, of which the last alone has the line's end.
LONGEST_BYTES = 16 * 1024


class Lines:
    """Takes the bytes of one stream as they come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that the data completes, each with its end, and pieces of one that is too long."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield from _pieces(line + b"\n")
        *long, self._rest = _pieces(rest) or [b""]
        yield from long

    def close(self) -> Iterator[bytes]:
        """Yield the last line if it had no end."""
        rest, self._rest = self._rest, b""
        if rest:
            yield rest


def _pieces(line: bytes) -> list[bytes]:
    return [line[start : start + LONGEST_BYTES] for start in range(0, len(line), LONGEST_BYTES)]
