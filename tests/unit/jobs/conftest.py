"""Reads a text as a schedule file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler.jobs import FileProblems, Job
from scheduler.jobs.load import Loaded, load

MAX_BYTES = 1_000_000

Read = Callable[..., Loaded]
Problems = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Load a text, or bytes; the keyword arguments are the environment."""

    def read(text: str | bytes, **environ: str) -> Loaded:
        path = tmp_path / "schedules.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(path, environ, max_bytes=MAX_BYTES)

    return read


@pytest.fixture
def problems(read: Read, tmp_path: Path) -> Problems:
    """Load a text that is wrong, and return each problem as it is printed, without the folder."""

    def problems(text: str | bytes, **environ: str) -> list[str]:
        with pytest.raises(FileProblems) as caught:
            read(text, **environ)
        return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]

    return problems


@pytest.fixture
def job(read) -> Callable[..., Job]:
    """Load a file with a calendar and one job."""

    def job(calendars: str, lines: str, timezone: str = "Europe/Berlin") -> Job:
        text = f"timezone: {timezone}\ncalendars:\n  c: {calendars}\njobs:\n  a: {{task: x, {lines}}}\n"
        return read(text).file.jobs["a"]

    return job
