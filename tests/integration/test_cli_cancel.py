"""`scheduler cancel` on a real server."""

from scheduler.store.runs.claim import Ending, Kept
from tests.integration.ledger_bench import HOUR, MINUTE, LedgerBench


def test_a_run_that_has_not_started_ends_at_once(ledger: LedgerBench) -> None:
    run_id = ledger.queued("a", MINUTE)

    result = ledger.call("cancel", run_id)

    assert result.stdout == f"{run_id} is cancelled: it had not started.\n"
    (run,) = ledger.json("runs")["runs"]
    assert (run["state"], run["outcome"]) == ("ended", "cancelled")
    assert run["reason"].startswith("by ")
    assert "@" in run["reason"]


def test_a_run_between_two_attempts_ends_at_once(ledger: LedgerBench) -> None:
    claim = ledger.started("a", MINUTE)
    ledger.claims.retry(claim, Ending("failed"), ledger.now + HOUR, ledger.now)

    found = ledger.json("cancel", claim.run_id)

    assert found == {"run": claim.run_id, "cancelled": True, "was": "retrying", "worker": "one@host/1"}


def test_a_run_that_is_under_way_is_stopped_by_its_worker(ledger: LedgerBench) -> None:
    claim = ledger.started("a", MINUTE)

    assert ledger.json("cancel", claim.run_id)["cancelled"] is False
    result = ledger.call("cancel", claim.run_id)

    assert result.stdout == f"{claim.run_id} is to be cancelled: one@host/1 stops it within seconds.\n"
    assert ledger.claims.renew([claim.run_id], ledger.now) == {claim.run_id: Kept.TO_CANCEL}


def test_what_cannot_be_cancelled_is_an_error(ledger: LedgerBench) -> None:
    ended, foreign = ledger.ended("a", HOUR), ledger.queued("b", HOUR, None)
    live = [ledger.queued("c", number * MINUTE) for number in range(1, 6)]

    said = ledger.call("cancel", ended)
    assert said.stderr == f"Error: {ended} has ended already: succeeded, 59 min 59 s ago\n"
    assert said.exit_code == 1
    assert "keep no ledger" in ledger.call("cancel", foreign).stderr
    assert (
        f'"c" is a job, expected the id of a run, such as {", ".join(live[:3])}, …' in ledger.call("cancel", "c").stderr
    )
    assert '"a" is a job, and none of its runs is live' in ledger.call("cancel", "a").stderr
    assert (
        'there is no run "a@2026-01-01T00:00:00Z", expected such as'
        in ledger.call("cancel", "a@2026-01-01T00:00:00Z").stderr
    )
