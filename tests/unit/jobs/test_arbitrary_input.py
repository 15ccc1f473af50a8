"""Whatever the bytes, the answer is a file or its problems; nothing else, and never a part of it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.jobs import FileProblems, Problem
from scheduler.jobs.load import load

few = settings(max_examples=25, deadline=None)

WORDS = st.sampled_from(
    [
        *("jobs", "timezone", "defaults", "cron", "every", "task", "args", "kwargs", "report", "cleanup", "files"),
        *("at", "anchor", "dst", "gap", "fold", "seed", "2030-01-01T00:00", "H H * * *"),
        *("path", "older_than", "enabled", "queue", "timeout", "deliver", "file", "params", "x-a", "<<", "a", "b"),
        *("5m", "1d", "@daily", "* * * * *", "12:30", "no", "null", "UTC", "${X}", "${X:-1}", "${", "{{ job }}", "{{"),
        *(" ", "\n", "\n  ", "\n    ", ": ", ", ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!str ", "'", '"', "#", "?"),
        *("---\n", "...\n", "\t", "\0", "\ufeff", "\x85", "\u2028", "|\n", ">\n", "%YAML 1.1\n"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)


def problems(content: bytes) -> tuple[Problem, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "schedules.yaml"
        path.write_bytes(content)
        try:
            load(path, {"X": "1"}, max_bytes=10_000)
        except FileProblems as error:
            return error.problems
    return ()


def check(content: bytes) -> None:
    for problem in problems(content):
        assert problem.what
        assert problem.expected
        assert str(problem).isprintable()


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
@few
@given(pieces=st.lists(WORDS, max_size=40))
def test_pieces_of_the_language_in_any_order(parser: str, pieces: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduler.jobs.compose._Parser", getattr(yaml, parser))
        check("".join(pieces).encode())


@few
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode()))
def test_any_bytes(content: bytes) -> None:
    check(content)


@few
@given(document=DOCUMENTS)
def test_any_document(document: object) -> None:
    check(yaml.safe_dump({"jobs": {"a": document}, "x-a": document}, allow_unicode=True).encode())


def dumped(job: dict[str, object], top: dict[str, object]) -> bytes:
    return yaml.safe_dump({**top, "jobs": {"a": {"every": "5m", "task": "x", **job}}}).encode()


@few
@given(job=st.dictionaries(WORDS, DOCUMENTS, max_size=6), top=st.dictionaries(WORDS, DOCUMENTS, max_size=4))
def test_any_value_of_any_key(job: dict[str, object], top: dict[str, object]) -> None:
    check(dumped(job, top))


@pytest.mark.slow
@settings(max_examples=5_000, deadline=None)
@given(
    pieces=st.lists(WORDS, max_size=40),
    job=st.dictionaries(WORDS, DOCUMENTS, max_size=6),
    top=st.dictionaries(WORDS, DOCUMENTS, max_size=4),
    cut=st.integers(0, 300),
)
def test_all_of_it_for_longer(pieces: list[str], job: dict[str, object], top: dict[str, object], cut: int) -> None:
    valid = dumped(job, top)
    check(valid)
    check(valid[:cut] + "".join(pieces).encode() + valid[cut:])
