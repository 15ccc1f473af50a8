"""`was:` names that are used no more."""

import pytest


def test_one_name_or_several(read) -> None:
    jobs = read("jobs:\n  a: {every: 5m, task: x, was: b}\n  c: {every: 5m, task: x, was: [d, e]}\n").file.jobs

    assert jobs["a"].was == ("b",)
    assert jobs["c"].was == ("d", "e")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("a: {every: 5m, task: x, was: 5}", "2:32: a.was: 5 is not a job name", id="a number"),
        pytest.param("a: {every: 5m, task: x, was: []}", "2:32: a.was: the list is empty", id="an empty list"),
        pytest.param('a: {every: 5m, task: x, was: "b c"}', "2:32: a.was: 'b c' is not a job name", id="a blank"),
        pytest.param("a: {every: 5m, task: x, was: {b: 1}}", "2:32: a.was: {'b': 1} is not a job name", id="a map"),
        pytest.param("a: {every: 5m, task: x, was: }", "2:27: a.was: it has no value", id="nothing"),
        pytest.param("a: {every: 5m, task: x, was: a}", "2:32: a.was: it is the job's own name", id="its own"),
        pytest.param(
            "a: {every: 5m, task: x, was: [c, b]}\n  b: {every: 5m, task: x}",
            '2:36: a.was[1]: "b" is still a job of this file',
            id="a job of the file",
        ),
        pytest.param(
            "a: {every: 5m, task: x, was: c}\n  b: {every: 5m, task: x, was: c}",
            '3:32: b.was: "a" says that it was "c" too',
            id="two claims",
        ),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_the_former_one_is_a_problem(problems, line: str, expected: str) -> None:
    (problem,) = problems(f"jobs:\n  {line}\n")

    assert problem.startswith(f"schedules.yaml:{expected}, expected ")
