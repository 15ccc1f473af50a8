"""docs/guarantees.md names every experiment and nothing that is not there."""

import re
from pathlib import Path

import pytest

from benchmarks.chaos import KINDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/guarantees.md").read_text()
ROWS = dict(re.findall(r"^\| `([-\w]+)((?: --\w+ \d+)*)` \|", TEXT, re.MULTILINE))


def test_each_kind_of_experiment_has_a_row_and_no_row_is_of_another() -> None:
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_rounds_of_the_table_are_the_usual_ones(kind: str) -> None:
    usual = KINDS[kind].usual.rounds

    assert ROWS[kind] == (f" --rounds {usual}" if usual > 1 else "")


@pytest.mark.parametrize("number", range(1, 9))
def test_each_guarantee_says_by_what_it_is_shown(number: int) -> None:
    section = TEXT.split(f"\n## G{number}. ")[1].split("\n## ")[0]

    assert "*Shown by*" in section


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`(tests/[\w/]+\.py)", TEXT))))
def test_a_file_of_tests_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


@pytest.mark.parametrize(("file", "name"), re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT))
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text()
