"""How a process ended, in words."""

import pytest

from scheduler.up.child import describe_exit


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(0, "ended by itself", id="zero"),
        pytest.param(3, "ended with exit code 3", id="code"),
        pytest.param(-9, "was killed by SIGKILL", id="kill"),
        pytest.param(-11, "was killed by SIGSEGV", id="crash"),
        pytest.param(-63, "was killed by signal 63", id="signal-without-a-name"),
    ],
)
def test_an_exit_is_described_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words
