"""What standard output can hold, where its encoding is none of Unicode's."""

import codecs
import sys
from io import TextIOWrapper


def replace_the_unwritable() -> None:
    """Print `?` from now on for what an encoding such as Latin-1 lacks, where it would stop in the midst of a table."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def can_print(text: str) -> bool:
    """Ask whether standard output has all these characters. Where Python takes it for ASCII, Click writes UTF-8."""
    encoding = sys.stdout.encoding or "utf-8"
    if codecs.lookup(encoding).name == "ascii":
        return True
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
