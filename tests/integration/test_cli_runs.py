"""`scheduler runs` on a real server."""

from datetime import timedelta

from scheduler.cli.when import stamp
from scheduler.store.runs.claim import Ending
from tests.integration.ledger_bench import HOUR, KEYS, MINUTE, SECOND, LedgerBench

FIELDS = [
    "id",
    "job",
    "occurrence",
    "state",
    "outcome",
    "reason",
    "attempt",
    "worker",
    "exit_code",
    "exception",
    "summary",
    "dispatched_at",
    "started_at",
    "finished_at",
    "dispatch_lateness",
    "start_lateness",
    "duration",
    "retry_at",
    "progress",
    "doing",
    "count",
    "until",
]


def test_programs_get_every_field(ledger: LedgerBench) -> None:
    failed = ledger.ended("sync", HOUR, "failed", took=3 * SECOND, exit_code=3, exception="exit code 3", summary="half")

    found = ledger.json("runs")

    (run,) = found["runs"]
    assert list(run) == FIELDS
    assert {key: value for key, value in run.items() if value is not None} == {
        "id": failed,
        "job": "sync",
        "occurrence": stamp(ledger.now - HOUR),
        "state": "ended",
        "outcome": "failed",
        "attempt": 1,
        "worker": "one@host/1",
        "exit_code": 3,
        "exception": "exit code 3",
        "summary": "half",
        "dispatched_at": stamp(ledger.now - HOUR),
        "started_at": stamp(ledger.now - HOUR),
        "finished_at": stamp(ledger.now - HOUR + 3 * SECOND),
        "duration": 3.0,
        "count": 1,
    }
    assert found["cut"] is False


def test_live_runs_come_first_and_the_latest_before_the_others(ledger: LedgerBench) -> None:
    ended = [ledger.ended("a", number * MINUTE) for number in (3, 1, 2)]
    running, queued = ledger.started("b", HOUR).run_id, ledger.queued("a", 2 * HOUR)
    unheard_of = ledger.queued("c", 4 * MINUTE, None)

    assert [run["id"] for run in ledger.json("runs")["runs"]] == [
        running,
        queued,
        ended[1],
        ended[2],
        ended[0],
        unheard_of,
    ]
    assert [run["id"] for run in ledger.json("runs", "a")["runs"]] == [queued, ended[1], ended[2], ended[0]]


def test_runs_are_chosen_by_outcome_and_time(ledger: LedgerBench) -> None:
    old = ledger.ended("a", 30 * HOUR, "failed")
    new = ledger.ended("a", HOUR, "failed")
    fine = ledger.ended("a", 2 * HOUR)
    live = ledger.started("b", 3 * HOUR).run_id

    def ids(*options: str) -> list[str]:
        return [run["id"] for run in ledger.json("runs", *options)["runs"]]

    assert ids("--outcome", "failed") == [new, old]
    assert ids("--outcome", "failed", "--since", "1d") == [new]
    assert ids("--outcome", "succeeded") == [fine]
    assert ids("--outcome", "lost") == []
    assert ids("--since", "90m") == [new]
    assert ids("--since", (ledger.now - 4 * HOUR).isoformat()) == [live, new, fine]


def test_what_is_left_out_is_said(ledger: LedgerBench) -> None:
    runs = [ledger.ended("a", number * MINUTE) for number in range(1, 4)]
    found = ledger.json("runs", "-n", "2")

    assert ([run["id"] for run in found["runs"]], found["cut"]) == (runs[:2], True)
    assert "more than these 2 runs" in ledger.call("runs", "-n", "2").stderr
    assert ledger.call("runs", "-n", "3").stderr == ""
    assert ledger.call("runs", "--outcome", "lost").stderr == "No run is recorded that is meant.\n"


def test_a_table_tells_how_each_run_ended(ledger: LedgerBench) -> None:
    claim = ledger.started("busy", 90 * SECOND)
    ledger.claims.progress(claim, 0.5, "page 2 of 4", ledger.now)
    again = ledger.started("again", 2 * MINUTE)
    ledger.claims.retry(again, Ending("failed", "no route"), ledger.now + HOUR, ledger.now)
    ledger.ended("broken", 3 * MINUTE, "lost", "worker_lost")
    ledger.ended("broken", 4 * MINUTE, "failed", exit_code=7)
    ledger.ended("fine", 5 * MINUTE, took=timedelta(milliseconds=30), summary="3 rows")

    lines = ledger.call("runs").stdout.splitlines()

    assert lines[0].split() == ["RUN", "OUTCOME", "STARTED", "TOOK", "DETAIL", "TIME", "LATE", "ATTEMPT", "WORKER"]
    assert "running" in lines[1]
    assert " 50 % page 2 of 4 " in lines[1]
    assert "retrying" in lines[2]
    assert "attempt 2 in " in lines[2]
    assert ": no route" in lines[2]
    assert "lost " in lines[3]
    assert "its worker is gone" in lines[3]
    assert "exit code 7" in lines[4]
    assert "succeeded  5 min ago " in lines[5]
    assert " 30 ms " in lines[5]
    assert " 3 rows " in lines[5]


def test_times_are_those_of_the_jobs_zone(ledger: LedgerBench) -> None:
    definition = '{"options": {"headers": {"scheduler_timezone": "Asia/Kathmandu"}}}'
    ledger.client.hset(KEYS.entry("far"), "definition", definition)
    ledger.client.set(KEYS.entry("odd"), "of another type")
    ledger.ended("far", MINUTE)
    ledger.ended("odd", HOUR)

    far, odd = ledger.call("runs").stdout.splitlines()[1:]

    assert "+05:45" in far
    assert "+00:00" in odd


def test_missed_occurrences_share_a_row(ledger: LedgerBench) -> None:
    last = ledger.now - HOUR
    ledger.missed("a", ledger.now - 3 * HOUR, last, 3, ledger.now)

    (run,) = ledger.json("runs")["runs"]

    assert (run["count"], run["until"], run["outcome"]) == (3, stamp(last), "missed")
    assert "3 runs: no beat led, or it was too late to catch up" in ledger.call("runs").stdout


def test_a_job_that_is_not_there_is_an_error(ledger: LedgerBench) -> None:
    ledger.client.hset(KEYS.jobs, "daily-sales", "x")
    ledger.client.hset(KEYS.renamed, "old", "new")
    ledger.ended("gone", HOUR)

    assert 'there is no job "dialy-sales"' in ledger.call("runs", "dialy-sales").stderr
    assert '(did you mean "daily-sales"?)' in ledger.call("runs", "dialy-sales").stderr
    assert 'the job "old" is called "new" now' in ledger.call("runs", "old").stderr
    assert ledger.call("runs", "old").exit_code == 1
    assert ledger.call("runs", "gone").exit_code == 0


def test_what_cannot_be_understood_is_said(ledger: LedgerBench) -> None:
    result = ledger.call("runs", "--since", "yesterday")
    assert 'Invalid value for --since: "yesterday" is not a time, expected how long ago' in result.stderr
    assert result.exit_code == 2
    assert "--watch needs a terminal" in ledger.call("runs", "--watch").stderr


def test_no_more_live_runs_are_read_than_are_shown(ledger: LedgerBench) -> None:
    runs = [ledger.queued("a", number * MINUTE) for number in range(1, 30)]

    assert [run["id"] for run in ledger.json("runs", "-n", "3")["runs"]] == runs[:3]
    assert [run["id"] for run in ledger.json("runs", "a", "-n", "3")["runs"]] == runs[:3]
