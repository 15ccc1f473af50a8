"""Did-you-mean for the closed sets of the language."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "timeout"?)`, or nothing where no known word is close."""
    return meant(word, {one.lower(): one for one in sorted(known)})


def meant(word: str, meanings: Mapping[str, str]) -> str:
    """Return the same for words that stand for another; they are in lower case."""
    # Very long input is no typo, and difflib is quadratic.
    close = get_close_matches(word.lower(), meanings, n=1) if len(word) <= 100 else []
    return f' (did you mean "{meanings[close[0]]}"?)' if close else ""
