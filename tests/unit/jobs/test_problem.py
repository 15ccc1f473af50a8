"""How a problem is said, and that it survives the way between processes."""

import pickle
from pathlib import Path

import pytest

from scheduler.errors import SchedulerError
from scheduler.jobs import FileProblems, Problem

PATH = Path("schedules.yaml")


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        pytest.param(
            Problem(path=PATH, line=12, column=11, where="nightly.cron", what="it is bad", expected="good"),
            "schedules.yaml:12:11: nightly.cron: it is bad, expected good",
            id="everything",
        ),
        pytest.param(Problem(path=PATH, what="it is gone"), "schedules.yaml: it is gone", id="only what"),
        pytest.param(
            Problem(path=PATH, line=1, column=1, what="it is empty", expected="a job"),
            "schedules.yaml:1:1: it is empty, expected a job",
            id="no key",
        ),
    ],
)
def test_a_problem_says_where_what_and_what_was_expected(problem: Problem, expected: str) -> None:
    assert str(problem) == expected


def test_the_problems_of_a_file_are_one_error_with_a_line_for_each() -> None:
    problems = (Problem(path=PATH, what="one"), Problem(path=PATH, what="two"))
    error = FileProblems(problems)

    assert isinstance(error, SchedulerError)
    assert str(error) == "schedules.yaml: one\nschedules.yaml: two"
    assert pickle.loads(pickle.dumps(error)).problems == problems
