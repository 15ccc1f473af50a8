"""What a beat tells others of its own file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileState:
    """`stamp` is in microseconds since the epoch and 0 before it was read; `content` is a digest.

    `problems` are the first few of the saved file where it cannot be used, `problem_count` is how many there are, and
    `refused_since` when that was found, in seconds since the epoch; what the beat knows of it is then of the last good
    one.
    """

    path: str
    stamp: int = 0
    content: str = ""
    jobs: int = 0
    problems: tuple[str, ...] = ()
    problem_count: int = 0
    refused_since: float | None = None
