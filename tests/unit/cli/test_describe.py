"""A job in a few words."""

from pathlib import Path

import pytest

from scheduler.cli.describe import what
from scheduler.jobs.load import load


@pytest.mark.parametrize(
    ("written", "words"),
    [
        pytest.param("/opt/bin/sync.sh --full | wc", "command /opt/bin/sync.sh --full | wc", id="line"),
        pytest.param('[/opt/bin/sync, "a b", "${X:-y}"]', "command /opt/bin/sync 'a b' '${X:-y}'", id="list"),
        pytest.param("|\n      set -eu\n      sync", "command set -eu…", id="script"),
        pytest.param("x" * 61, f"command {'x' * 59}…", id="long"),
        pytest.param('{run: x, env: {PASSWORD: "${PASSWORD:-}"}}', "command x", id="mapping"),
    ],
)
def test_a_command_is_told_by_its_first_line(tmp_path: Path, written: str, words: str) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(f"jobs:\n  a:\n    every: 5m\n    command: {written}\n")

    assert what(load(path, {}, max_bytes=100_000).file.jobs["a"]) == words
