"""Output of others, made fit to be shown: no text of a job can steer a terminal, or forge a line of a log."""

# Shown as their pictures.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


def printable(line: bytes) -> str:
    """Return one line of any bytes, without its end, as text."""
    text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
    return text if text.isascii() and text.isprintable() else text.translate(_PICTURES)


def loggable(name: str) -> str:
    """Return a name of Redis's, whose bytes need be no UTF-8, as a log can hold it."""
    return name.encode(errors="backslashreplace").decode()


def shortened(text: str, most: int = 200) -> str:
    """Return a text without white space around it, and no longer than so many characters."""
    text = text.strip()
    return text if len(text) <= most else f"{text[: most - 1]}…"
