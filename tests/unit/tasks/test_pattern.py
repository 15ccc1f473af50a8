"""Which files a pattern means."""

import pytest

from scheduler.tasks.cleanup.pattern import Pattern
from scheduler.tasks.errors import TaskError


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        pytest.param("*", ["a", ".hidden", "x/y/z", "a\nb"], [], id="all, hidden ones too"),
        pytest.param("*.csv", ["a.csv", "x/b.csv", ".csv"], ["a.CSV", "a.csv.gz", "x.csv/b"], id="by name"),
        pytest.param("log-20[0-9][0-9].?", ["log-2026.1"], ["log-2x26.1", "log-2026.10"], id="sets"),
        pytest.param("[!.]*", ["a", "x/a"], [".a", "x/.a"], id="all but the hidden"),
        pytest.param("**", ["a", "x/a"], [], id="two stars by name"),
        pytest.param("x/*.csv", ["x/a.csv"], ["a.csv", "x/y/a.csv", "y/x/a.csv"], id="by path"),
        pytest.param("**/*.csv", ["a.csv", "x/a.csv", "x/y/a.csv"], ["x/a.gz"], id="any depth"),
        pytest.param("x/**/a", ["x/a", "x/y/a", "x/y/z/a"], ["a", "y/x/a", "x/a/b"], id="any depth between"),
        pytest.param("x/**", ["x/a", "x/y/a"], ["a", "y/a"], id="all below"),
        pytest.param("**/tmp/**", ["tmp/a", "x/tmp/a", "x/tmp/y/a"], ["a", "x/tmpa/a"], id="below any"),
        pytest.param("*/*", ["x/a"], ["a", "x/y/a"], id="exactly one folder down"),
        pytest.param("a**b", ["ab", "axxb", "y/a-b"], ["a/b"], id="stars within a name stay in it"),
    ],
)
def test_a_pattern_means_these_files(pattern: str, matching: list[str], others: list[str]) -> None:
    parsed = Pattern.parse(pattern)

    assert [name for name in matching if not parsed.matches(name.split("/"))] == []
    assert [name for name in others if parsed.matches(name.split("/"))] == []


@pytest.mark.parametrize("pattern", ["", " ", "/", "/tmp/*.csv", "logs/", "a//b", "./a", "../*.csv", "a/../b", ".."])
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(TaskError, match=r'cleanup\.files\.pattern: ".*" matches nothing, expected such as'):
        Pattern.parse(pattern)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    deep = ["a"] * 100

    assert not Pattern.parse("**/" * 60 + "b").matches(deep)
    assert Pattern.parse("**/" * 60 + "a").matches(deep)
