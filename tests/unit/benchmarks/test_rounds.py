"""Rounds of an experiment: taken up where they were left, and the same whoever carries them out."""

import argparse
import json
import random
from pathlib import Path

import pytest

from benchmarks.experiments.rounds import Rounds, RoundsError, Row, add_arguments

KEY = {"kind": "kill", "seed": 1, "jobs": 10}


def rounds(total: int, *arguments: str | Path, key: Row = KEY) -> Rounds:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return Rounds(key, total, parser.parse_args([str(one) for one in arguments]))


def draw(chance: random.Random) -> Row:
    return {"drawn": chance.random()}


def test_a_series_that_is_taken_up_again_is_the_same_as_one_in_one_go(tmp_path: Path) -> None:
    whole = rounds(5)
    whole.run(draw)
    out = tmp_path / "out.jsonl"
    rounds(2, "--out", out).run(draw)

    resumed = rounds(5, "--out", out, "--resume")
    assert resumed.left == 3
    resumed.run(draw)

    assert resumed.values("drawn") == whole.values("drawn")
    assert len(set(whole.values("drawn"))) == 5
    assert [json.loads(line)["round"] for line in out.read_text().splitlines()] == [1, 2, 3, 4, 5]


def test_a_series_that_is_done_needs_nothing_more(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    rounds(2, "--out", out).run(draw)

    assert rounds(2, "--out", out, "--resume").left == 0
    assert rounds(1, "--out", out, "--resume").left == 0


@pytest.mark.parametrize("other", [{"kind": "term"}, {"seed": 2}, {"jobs": 11}])
def test_rounds_of_another_series_in_the_same_file_do_not_count(tmp_path: Path, other: Row) -> None:
    out = tmp_path / "out.jsonl"
    rounds(2, "--out", out, key=KEY | other).run(draw)

    assert rounds(2, "--out", out).left == 2


def test_rounds_that_are_there_are_not_repeated_by_mistake(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    rounds(1, "--out", out).run(draw)

    with pytest.raises(RoundsError, match=r"holds rounds of this series already: give --resume, or another file"):
        rounds(2, "--out", out)


@pytest.mark.parametrize("text", ["no JSON\n", '{"kind": "kill"', "[1]\n", "1\n"])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    out = tmp_path / "notes.txt"
    out.write_text(text)

    with pytest.raises(RoundsError, match=r"notes\.txt is not a file of rounds, expected a line of JSON for each"):
        rounds(1, "--out", out, "--resume")

    assert out.read_text() == text


def test_a_file_that_cannot_be_written_is_refused_before_the_first_round(tmp_path: Path) -> None:
    with pytest.raises(RoundsError, match="Is a directory"):
        rounds(1, "--out", tmp_path)


def test_no_round_begins_after_the_minutes_are_over() -> None:
    some = rounds(5, "--minutes", "0")

    some.run(draw)

    assert some.left == 5
