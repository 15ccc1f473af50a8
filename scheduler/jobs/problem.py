"""What is wrong with a file, said to the person who can mend it: where, what, and what was expected."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from scheduler.errors import SchedulerError
from scheduler.jobs.model import Model


class Problem(Model):
    """One fault. Line and column count from 1; None where the file as a whole is at fault."""

    path: Path
    line: int | None = None
    column: int | None = None
    where: str = ""
    what: str
    expected: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        where = f"{self.where}: " if self.where else ""
        expected = f", expected {self.expected}" if self.expected else ""
        return f"{place}: {where}{self.what}{expected}"


class FileProblems(SchedulerError):
    """A file that cannot be used, with everything that is wrong with it, in the order of the file.

    `files` are the further ones that were read for it, or could not be, each with its signature before that.
    """

    def __init__(self, problems: Iterable[Problem], files: Mapping[Path, str] | None = None) -> None:
        self.problems = tuple(problems)
        self.files = dict(files or {})
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["FileProblems"], tuple[tuple[Problem, ...], dict[Path, str]]]:
        return type(self), (self.problems, self.files)
