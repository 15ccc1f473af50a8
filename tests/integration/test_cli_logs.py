"""`scheduler logs` on a real server."""

import json
import threading

from scheduler.cli.when import stamp
from scheduler.store.runs.claim import Ending
from scheduler.store.runs.log import Chunk
from tests.integration.ledger_bench import HOUR, KEYS, MINUTE, LedgerBench
from tests.servers import wait_for


def test_a_log_is_printed_as_it_was_written_without_its_colours_in_a_pipe(ledger: LedgerBench) -> None:
    run_id = ledger.ended("a", HOUR)
    writer = ledger.log(run_id, "one\n", "two, ")
    writer.write([Chunk(ledger.now.timestamp(), "stderr", "and\x1b[32m three")])

    result = ledger.call("logs", run_id)

    assert result.stdout == "one\ntwo, and three\n"
    assert (result.stderr, result.exit_code) == ("", 0)


def test_the_name_of_a_job_stands_for_its_latest_run(ledger: LedgerBench) -> None:
    ledger.log(ledger.ended("a", HOUR), "the former\n")
    latest = ledger.ended("a", MINUTE)
    ledger.log(latest, "the latter\n")
    assert ledger.call("logs", "a").stdout == "the latter\n"
    assert ledger.call("logs", "a").stderr == f"The latest run: {latest}, succeeded\n"

    live = ledger.started("a", 2 * HOUR)
    ledger.log(live.run_id, "the live one\n")
    assert ledger.call("logs", "a").stdout == "the live one\n"


def test_programs_get_each_piece_with_its_time(ledger: LedgerBench) -> None:
    run_id = ledger.ended("a", HOUR)
    ledger.log(run_id, "one\n", "two\n", channel="log")

    lines = ledger.call("logs", run_id, "--json").stdout.splitlines()

    assert [json.loads(line) for line in lines] == [
        {"at": stamp(ledger.now), "channel": "log", "text": "one\n"},
        {"at": stamp(ledger.now), "channel": "log", "text": "two\n"},
    ]


def test_what_is_not_kept_is_said_where_it_was(ledger: LedgerBench) -> None:
    run_id = ledger.ended("a", HOUR)
    ledger.log(run_id, *[f"{number:09}\n" for number in range(100)], kept=20)

    result = ledger.call("logs", run_id)

    assert result.stdout.split() == [f"{number:09}" for number in (0, 1, 98, 99)]
    assert result.stderr == "… 960 bytes between the log's beginning and its end are not kept …\n"
    assert result.output.index("…") == 20


def test_a_log_is_followed_until_the_run_has_ended(ledger: LedgerBench) -> None:
    claim = ledger.started("a", MINUTE)
    writer = ledger.log(claim.run_id, "one\n")
    found: list[str] = []
    following = threading.Thread(target=lambda: found.append(ledger.call("logs", claim.run_id, "-f").output))
    following.start()
    connections = "connected_clients"
    wait_for(lambda: ledger.client.info("clients")[connections] > 1, 10, "the command to look")
    writer.write([Chunk(ledger.now.timestamp(), "stdout", "two\n")])
    assert following.is_alive()
    ledger.claims.finish(claim, Ending("failed", "no"), ledger.now)
    following.join(10)

    assert found == [f"one\ntwo\n{claim.run_id}: failed\n"]


def test_why_there_is_no_log_is_said(ledger: LedgerBench) -> None:
    silent, running = ledger.ended("a", HOUR), ledger.started("b", HOUR).run_id
    waiting, foreign, trimmed = ledger.queued("c", HOUR), ledger.queued("d", HOUR, None), ledger.ended("e", HOUR)
    ledger.client.hset(KEYS.run(trimmed), "log_gone", 1)

    assert ledger.call("logs", silent).stderr == f"{silent} has said nothing.\n"
    assert ledger.call("logs", running).stderr == f"{running} has said nothing so far.\n"
    assert ledger.call("logs", waiting).stderr == f"{waiting} has no log: it has not started.\n"
    assert ledger.call("logs", foreign).stderr.startswith(f"The workers of {foreign} keep no logs")
    assert ledger.call("logs", trimmed).stderr.startswith(f"The log of {trimmed} is not kept any more")
    assert ledger.call("logs", foreign, "-f").exit_code == 0


def test_a_run_that_is_not_there_is_an_error_that_names_its_neighbours(ledger: LedgerBench) -> None:
    runs = [ledger.ended("a", number * HOUR) for number in range(1, 10)]
    wanted = f"a@{stamp(ledger.now - 5 * HOUR + 10 * MINUTE)}"

    result = ledger.call("logs", wanted)

    assert result.stderr == f'Error: there is no run "{wanted}", expected such as {runs[4]}, {runs[3]}, {runs[5]}\n'
    assert result.exit_code == 1
    assert 'there is no job "b", neither installed nor with runs' in ledger.call("logs", "b@2026-01-01T00:00Z").stderr
    assert 'there is no job "b"' in ledger.call("logs", "b").stderr
    assert "expected such as" in ledger.call("logs", "a@2026-01-01T00:00:00").stderr
    ledger.client.hset(KEYS.entry("new"), "definition", "{}")
    assert 'the job "new" has no runs yet' in ledger.call("logs", "new").stderr
    assert 'the job "new" has no runs yet' in ledger.call("logs", "new@2026-01-01T00:00:00Z").stderr
