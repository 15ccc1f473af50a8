"""Bad files, as such: before a single job can be looked at.

Tried: a missing file, a folder, no read permission, a path through a file, a loop of links, a NUL in the path, an
empty file, comments alone, nothing but `---`, a list or a word at the top, tabs, two documents, invalid UTF-8,
UTF-16, NUL and control characters, a file over the limit, /dev/zero, nesting without end, an alias bomb, a merge
bomb, an alias inside itself, an unknown alias, foreign tags, unclosed quotes and brackets.
"""
# ruff: noqa: E501 - a row holds the whole sentence

import os
from pathlib import Path

import pytest
import yaml

from scheduler.jobs import FileProblems
from scheduler.jobs.load import load

BEGINNING = (
    "expected a file that says, for a start, "
    "jobs: {clear-exports: {every: 1h, cleanup: {files: {path: exports, older_than: 30d}}}}"
)


def of_path(path: Path) -> str:
    with pytest.raises(FileProblems) as caught:
        load(path, {}, max_bytes=1_000)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_missing_file_is_told_how_to_begin(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"

    assert of_path(path) == f"{path}: there is no such file, {BEGINNING.replace('a file that', 'one that')}"


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("jobs: {}")
    (tmp_path / "loop").symlink_to("loop")

    assert of_path(tmp_path) == f"{tmp_path}: it is a folder, expected the schedule file itself"
    assert of_path(tmp_path / "file/x").endswith("it cannot be read (Not a directory), expected a readable file")
    assert "it cannot be read (Too many levels of symbolic links)" in of_path(tmp_path / "loop")
    assert "it cannot be read (embedded null byte)" in of_path(tmp_path / "a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_read_permission_is_said(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text("jobs: {}")
    path.chmod(0)

    assert of_path(path) == f"{path}: it must not be read by this user, expected read permission"


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text("#" * 1_001)
    expected = "it is larger than 1000 bytes, expected a smaller file, or a higher SCHEDULER_MAX_FILE_MB"

    assert of_path(path) == f"{path}: {expected}"
    # As long as a disk, and read to no more than the limit.
    os.truncate(path, 1 << 40)
    assert of_path(path) == f"{path}: {expected}"
    path.write_text("jobs: {}" + " " * 992)
    assert load(path, {}, max_bytes=1_000).file.jobs == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", f"1:1: the file says nothing, {BEGINNING}", id="empty"),
        pytest.param("# later\n", f"1:1: the file says nothing, {BEGINNING}", id="only a comment"),
        pytest.param("---\n", f"1:1: the file says nothing, {BEGINNING}", id="only a document mark"),
        pytest.param("- a\n- b\n", f"1:1: the file is a list, {BEGINNING}", id="a list"),
        pytest.param("hello", f"1:1: the file is only hello, {BEGINNING}", id="a word"),
        pytest.param("timezone: UTC", '1:1: "jobs" is missing, expected a mapping of names to jobs; an empty service says: jobs: {}', id="no jobs"),
        pytest.param("jobs:", "1:1: jobs: it is nothing, expected a mapping of names to jobs, or {} for none", id="jobs without a value"),
        pytest.param("jobs: []", "1:1: jobs: it is a list, expected a mapping of names to jobs, or {} for none", id="jobs as a list"),
        pytest.param("jobs: 5", "1:1: jobs: it is 5, expected a mapping of names to jobs, or {} for none", id="jobs as a number"),
        pytest.param("jobs: {}\n---\njobs: {}\n", "2:1: a second document begins, expected one document in a file", id="two documents"),
        pytest.param(b"jobs:\n  caf\xe9: {}", "2:6: byte 0xE9 is not UTF-8, expected a file in UTF-8", id="Latin-1"),
        pytest.param("jobs: {}".encode("utf-16"), " it is UTF-16, expected a file in UTF-8", id="UTF-16"),
        pytest.param("jobs:\n  a\0: {}", "2:4: there is a NUL byte, expected a text file", id="NUL"),
        pytest.param("jobs:\n  a\x1b: {}", "2:4: there is a control character (U+001B), expected readable characters", id="escape"),
        pytest.param("jobs:\n\ta: {}", "2:1: a: there is a tab, expected spaces", id="a tab"),
        pytest.param("jobs: {a: !!python/object:os.system x}", '1:11: a: the tag "!!python/object:os.system" is not part of the language, expected no tag', id="a Python tag"),
    ],
)  # fmt: skip
def test_a_bad_file_is_said_where_it_is_bad(problems, text: str | bytes, expected: str) -> None:
    assert f"schedules.yaml:{expected}" in problems(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("jobs: " + "[" * 100_000, "1:71: jobs[0][0][0]: values are nested too deep, expected at most 64 levels", id="brackets"),
        pytest.param("jobs: " + "{a: " * 100_000, "1:263: a.a.a: values are nested too deep, expected at most 64 levels", id="braces"),
        pytest.param("? " * 100_000, "1:131: ?.?.?.?: values are nested too deep, expected at most 64 levels", id="keys"),
        pytest.param("jobs: " + "{? " * 100_000, "1:199: ?.?.?: values are nested too deep, expected at most 64 levels", id="keys in braces"),
        pytest.param("jobs: &a [*a]", '1:11: jobs[0]: "*a" stands inside itself, expected an alias of something that ends before it', id="itself"),
        pytest.param("jobs: *a", '1:7: jobs: nothing is called "*a", expected an anchor "&a" above it, or quotes around a text that starts with "*"', id="unknown alias"),
        pytest.param('jobs: {a: "x', "1:11: jobs: the quote that opens here is not closed, expected a quote at the end of the text", id="quote"),
        pytest.param("jobs: {a: [x}", '1:11: a: the "[" that opens here is not closed, expected commas between its items, and its end', id="bracket"),
    ],
)  # fmt: skip
def test_structures_without_end_are_refused(problems, text: str, expected: str) -> None:
    assert problems(text) == [f"schedules.yaml:{expected}"]


def test_an_alias_bomb_is_refused_by_what_it_would_repeat(problems) -> None:
    bomb = "x-0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
    bomb += "".join(f"x-{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12))

    (problem,) = problems(bomb + "jobs: {}")
    assert problem.endswith("aliases repeat too much of the file, expected at most 1,000,000 repeated values")


def test_a_merge_bomb_is_refused_too(problems) -> None:
    bomb = f"x-0: &x0 {{{', '.join(f'k{n}: 1' for n in range(1000))}}}\nx-all:\n"
    bomb += "".join(f"  m{n}: {{<<: *x0}}\n" for n in range(1001))

    (problem,) = problems(bomb + "jobs: {}")
    assert problem.endswith("aliases repeat too much of the file, expected at most 1,000,000 repeated values")


def test_a_chain_of_aliases_cannot_nest_deeper_than_brackets(problems) -> None:
    chain = f"x-0: &x0 {'[' * 40}{']' * 40}\nx-1: &x1 {'[' * 20}*x0{']' * 20}\nx-2: {'[' * 20}*x1{']' * 20}\n"

    (problem,) = problems(chain + "jobs: {}")
    assert problem.endswith("values are nested too deep, expected at most 64 levels")


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_half_a_character_is_refused_since_nothing_could_store_it(problems, parser: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduler.jobs.compose._Parser", getattr(yaml, parser))
        (problem,) = problems('jobs: {a: {every: 1m, task: x, args: ["\\ud800"]}}')

    assert ": a.args" in problem


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "schedules.yaml")

    with pytest.raises(FileProblems, match="it is not a regular file, expected the schedule file itself"):
        load(tmp_path / "schedules.yaml", {}, max_bytes=1_000)
