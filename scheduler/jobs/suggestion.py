"""Did-you-mean for the closed sets of the language."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "timeout"?)`, or nothing where no known word is close."""
    words = sorted(known)
    # Very long input is no typo, and difflib is quadratic.
    close = get_close_matches(word.lower(), words, n=1) if len(word) <= 100 else []
    return f' (did you mean "{close[0]}"?)' if close else ""
