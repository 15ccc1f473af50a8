"""What a child writes, cut into lines that a terminal can show."""

from scheduler.printable import printable

LONGEST_BYTES = 16 * 1024


class Lines:
    """Takes bytes as they come and gives whole lines; one longer than 16 KiB loses its end, and says so."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._lost = 0

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes."""
        *whole, rest = data.split(b"\n")
        lines = []
        for piece in whole:
            self._keep(piece)
            lines.append(self._take())
        self._keep(rest)
        return lines

    def rest(self) -> list[str]:
        """Return the last line if it had no end."""
        return [self._take()] if self._kept else []

    def _keep(self, piece: bytes) -> None:
        room = LONGEST_BYTES - len(self._kept)
        self._kept += piece[:room]
        self._lost += max(0, len(piece) - room)

    def _take(self) -> str:
        text = printable(bytes(self._kept))
        if self._lost:
            text += f" … and {self._lost:,} bytes more"
        self._kept.clear()
        self._lost = 0
        return text
