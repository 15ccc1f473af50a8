"""Collects what is wrong with one file while it is read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from scheduler.jobs.node import Mark, dotted
from scheduler.jobs.node import Path as Way
from scheduler.jobs.problem import FileProblems, Problem
from scheduler.jobs.signature import signature_of

_LONGEST = 400


@dataclass(slots=True)
class Findings:
    """Problems and warnings so far, in any order. A mark of None is the file as a whole.

    `files` are the further ones that were read for it, or should have been, each with its signature before that.
    """

    path: Path
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    files: dict[Path, str] = field(default_factory=dict)

    def read_from(self, file: Path) -> None:
        """Note that a further file is about to be read."""
        self.files.setdefault(file, signature_of(file))

    def problem(self, mark: Mark | None, way: Way, what: str, expected: str) -> None:
        """Note a fault. `way` leads to the value from the top of the file."""
        self.problems.append(self._made(mark, way, what, expected))

    def warning(self, mark: Mark | None, way: Way, what: str, expected: str) -> None:
        """Note what may be meant, but should be looked at."""
        self.warnings.append(self._made(mark, way, what, expected))

    def fail(self, mark: Mark | None, way: Way, what: str, expected: str) -> NoReturn:
        """Note a fault after which nothing more can be read, and raise FileProblems."""
        self.problem(mark, way, what, expected)
        self.raise_if_any()
        raise AssertionError("a problem was just noted")

    def raise_if_any(self) -> None:
        """Raise FileProblems with everything so far, in the order of the file."""
        if self.problems:
            raise FileProblems(sorted(self.problems, key=_place), self.files)

    def sorted_warnings(self) -> tuple[Problem, ...]:
        """Return the warnings in the order of the file."""
        return tuple(sorted(self.warnings, key=_place))

    def _made(self, mark: Mark | None, way: Way, what: str, expected: str) -> Problem:
        # People think of a job by its name, not by the key it stands under.
        in_job = way[:1] == ("jobs",) and len(way) > 1 and isinstance(way[1], str)
        where = dotted(way[1:] if in_job else way)
        what, where, expected = _shown(what), _shown(where), _shown(expected)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        return Problem(path=self.path, line=line, column=column, where=where, what=what, expected=expected)


def _shown(text: str) -> str:
    """Keep what a file holds from breaking the line, or the terminal, in which it is quoted."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line or 0, problem.column or 0
