"""What a child writes, cut into lines that a terminal can show."""

LONGEST_BYTES = 16 * 1024

# Shown as their pictures, so that no output of a job can steer the terminal.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


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
        text = bytes(self._kept).removesuffix(b"\r").decode("utf-8", "replace").translate(_PICTURES)
        if self._lost:
            text += f" … and {self._lost:,} bytes more"
        self._kept.clear()
        self._lost = 0
        return text
