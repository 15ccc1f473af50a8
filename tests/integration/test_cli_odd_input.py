"""Odd names on the command line, and odd bytes in Redis: each is an error for a person, or passed by.

Tried: empty, blank, with a colon, a brace, a line's end, a sign of a run's id, an escape, 100,000 characters long, no
UTF-8; sets and hashes whose names and values are no UTF-8, or that are of another type.
"""

from typing import Any

import pytest

from tests.integration.ledger_bench import KEYS, LedgerBench

NAMES = ["", " ", "a b", "a:b", ":lock", "{x}", "%s", "*", "a\nb", "\x1b[31m", "good@", "+", "x" * 100_000, "\udcff"]
COMMANDS = ["trigger", "why", "runs", "cancel", "logs"]
NO_TEXT = b"\xff\xfe{"
SETS = [KEYS.queues, KEYS.statics, KEYS.ledgered]
HASHES = [KEYS.beats, KEYS.workers, KEYS.lists, KEYS.file, KEYS.jobs, KEYS.renamed, KEYS.pools, KEYS.entry("good")]
SORTED = [KEYS.schedule, KEYS.history, KEYS.leases, KEYS.held, KEYS.runs("good"), KEYS.live("good")]
ASKING = [("status",), ("status", "--json"), ("why", "good"), ("runs",), ("runs", "--json")]


def ends_in_order(result: Any) -> bool:
    """Whether a command ended as commands do, and not by an exception that nobody caught."""
    return isinstance(result.exception, SystemExit | None) and "Traceback" not in result.output


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_nothing_has_is_an_error(ledger: LedgerBench, command: str, name: str) -> None:
    result = ledger.call(command, "--", name)

    assert ends_in_order(result)
    assert result.exit_code == 1
    assert "Error: " in result.stderr


@pytest.mark.parametrize("key", [*SETS, *HASHES, *SORTED])
@pytest.mark.parametrize("kind", ["no text", "another type"])
def test_what_is_no_text_in_redis_ends_no_command(ledger: LedgerBench, key: str, kind: str) -> None:
    ledger.install("jobs:\n  good: {every: 1d, task: a.b}\n", ledger.now)
    ledger.ended("good", ledger.now - ledger.now)
    if kind == "another type":
        ledger.client.delete(key)
        ledger.client.set(key, "x")
    elif key in SETS:
        ledger.client.sadd(key, NO_TEXT)
    elif key in HASHES:
        ledger.client.hset(key, mapping={NO_TEXT: NO_TEXT})
    else:
        ledger.client.zadd(key, {NO_TEXT: 1})

    for arguments in ASKING:
        assert ends_in_order(ledger.call(*arguments)), arguments
