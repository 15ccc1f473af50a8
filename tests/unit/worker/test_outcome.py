"""What the end of a task's body says of its run."""

from typing import Any

import pytest

from scheduler.worker.masking import Masker
from scheduler.worker.outcome import ending_of_value

SECRET = "correct-horse-battery"


def summary(value: Any) -> object:
    return ending_of_value(value, Masker((SECRET,))).fields.get("summary")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, None),
        ("28 rows", "28 rows"),
        ({"rows": 0, "signal": None, "files": ["a.csv"]}, "rows=0 files=['a.csv']"),
        ({}, "{}"),
        ({1: 2}, "{1: 2}"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_what_a_body_returned_is_said_in_a_line(value: Any, said: str | None) -> None:
    assert summary(value) == said


def test_an_exit_code_is_a_field_of_its_own() -> None:
    assert ending_of_value({"exit_code": 3}, Masker(())).fields["exit_code"] == 3


@pytest.mark.parametrize("before", range(470, 500))
def test_no_secret_shows_where_a_text_is_cut(before: int) -> None:
    text = "x" * before + SECRET

    for value in (text, {"said": "x" * (before - 400) + SECRET + "x" * 200}, [text]):
        said = str(summary(value))
        assert len(said) <= 500
        assert SECRET[:4] not in said
        assert SECRET[-4:] not in said


@pytest.mark.parametrize(
    "value", ["x" * 10**6, {"k" * 10**6: 1}, {str(n): "y" * 10**4 for n in range(1_000)}, [["z"] * 10**5]]
)
def test_it_is_short_whatever_was_returned(value: Any) -> None:
    assert len(str(summary(value))) <= 500
