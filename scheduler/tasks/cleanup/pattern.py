"""Which files a cleanup means: `*.csv` by name at any depth, `logs/**/*.gz` by the path from its folder."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Self

from scheduler.tasks.errors import TaskError

_Segment = Callable[[str], object] | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Segments of a path; None stands for `**`, any number of folders. Case counts, and `*` matches a dot."""

    segments: tuple[_Segment, ...]
    by_path: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises TaskError for one that could match nothing in the folder."""
        names = text.split("/")
        if not text.strip() or any(name in ("", ".", "..") for name in names):
            raise TaskError(
                f'cleanup.files.pattern: "{text}" matches nothing, '
                'expected such as "*.csv", or "logs/**/*.gz" for a path from the folder'
            )
        return cls(tuple(_segment(name) for name in names), by_path=len(names) > 1)

    def matches(self, names: Sequence[str]) -> bool:
        """Whether it means the file; `names` are the parts of the path from the cleanup's folder."""
        return _match(names if self.by_path else names[-1:], self.segments)


def _segment(name: str) -> _Segment:
    return None if name == "**" else re.compile(translate(name)).match


def _match(names: Sequence[str], segments: Sequence[_Segment]) -> bool:
    # One row of a table instead of recursion: many `**` would make that one exponential.
    reached = [True, *[False] * len(names)]
    for segment in segments:
        if segment is None:
            first = reached.index(True) if True in reached else len(reached)
            reached = [index >= first for index in range(len(reached))]
        else:
            reached = [False, *(reached[i] and bool(segment(name)) for i, name in enumerate(names))]
    return reached[-1]
