"""`scheduler why` on a real server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.cli.when import stamp
from scheduler.jobs import message
from scheduler.store.presence import Presence, announce
from scheduler.store.runs.claim import Claimed, Ending
from scheduler.store.runs.enqueue import Traits
from tests.integration.ledger_bench import HOUR, KEYS, MINUTE, SECOND, LedgerBench

# A job that is due at every whole hour, and never in the minute of a test's own runs.
HOURLY = """\
timezone: Europe/Berlin
jobs:
  hourly: {cron: "0 * * * *", task: a.b}
  nightly: {cron: "30 2 * * *", task: a.b}
  resting: {cron: "0 * * * *", task: a.b, enabled: false}
"""
YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Why:
    """`scheduler why JOB --at … --json`, and the same in words."""

    def __init__(self, ledger: LedgerBench) -> None:
        self.ledger = ledger

    def __call__(self, job: str, *options: str) -> Any:
        return self.ledger.json("why", job, *options)

    def text(self, job: str, *options: str) -> str:
        result = self.ledger.call("why", job, *options)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def why(ledger: LedgerBench) -> Why:
    return Why(ledger)


def whole_hour(ledger: LedgerBench, hours_ago: int) -> datetime:
    return ledger.now.replace(minute=0, second=0) - hours_ago * HOUR


def run_at(ledger: LedgerBench, job: str, at: datetime, ending: Ending, late: timedelta = timedelta(0)) -> str:
    """Let the occurrence of that time have run, dispatched `late`."""
    run_id = message.run_id(job, at)
    ledger.client.hset(KEYS.run(run_id), mapping={"v": 1, "late": late // timedelta(milliseconds=1)})
    before, ledger.now = ledger.now, at + late
    try:
        ledger.client.hset(
            KEYS.run(run_id), mapping={"state": "queued", "dispatched": int(ledger.now.timestamp() * 1000)}
        )
        claim = ledger.claims.claim(run_id, "token", ledger.now)
        assert isinstance(claim, Claimed)
        ledger.claims.finish(claim, ending, ledger.now + 2 * SECOND)
    finally:
        ledger.now = before
    return run_id


def test_what_ran_is_said_with_its_neighbours(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    at = whole_hour(ledger, 3)
    ledger.decided("hourly", whole_hour(ledger, 0), whole_hour(ledger, -1))
    run_id = run_at(ledger, "hourly", at, Ending("succeeded", fields={"summary": "3 rows"}))

    found = why("hourly", "--at", at.isoformat())

    assert list(found) == [
        "job",
        "timezone",
        "at",
        "answer",
        "late",
        "text",
        "run",
        "before",
        "after",
        "in_force",
    ]
    assert (found["answer"], found["late"], found["in_force"]) == ("succeeded", False, True)
    assert (found["run"]["id"], found["timezone"]) == (run_id, "Europe/Berlin")
    assert found["before"]["occurrence"] == stamp(at - HOUR)
    assert found["after"]["occurrence"] == stamp(at + HOUR)
    text = why.text("hourly", "--at", at.isoformat())
    assert text.startswith(f"{run_id} ran and succeeded 2 h 59 min ago.\nIts summary: 3 rows.\nIt started ") or (
        f"{run_id} ran and succeeded 3 h " in text
    )
    assert "on one@host/1, and it took 2.0 s." in text
    assert "Before: " in text
    assert "After: " in text


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        pytest.param(Ending("failed", fields={"exception": "ValueError: no"}), "ran and failed", id="failed"),
        pytest.param(Ending("timed_out", "its time was up"), "was stopped when its time was up", id="timed-out"),
        pytest.param(Ending("lost", "worker_lost"), "Why: its worker is gone.", id="lost"),
        pytest.param(Ending("cancelled", "by ada@host"), "Why: by ada@host.", id="cancelled"),
        pytest.param(Ending("failed", fields={"exit_code": 3}), "Why: exit code 3.", id="exit-code"),
    ],
)
def test_how_a_run_ended_is_said(ledger: LedgerBench, why: Why, ending: Ending, said: str) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    run_at(ledger, "nightly", ledger.now - HOUR, ending)

    assert why("nightly", "--at", (ledger.now - HOUR).isoformat())["answer"] == ending.outcome
    assert said in why.text("nightly", "--at", (ledger.now - HOUR).isoformat())


def test_a_run_that_was_late_says_where_it_lost_its_time(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    at = whole_hour(ledger, 5)
    run_at(ledger, "hourly", at, Ending("succeeded"), late=5 * MINUTE)
    assert why("hourly", "--at", at.isoformat())["late"] is True
    assert "It was dispatched 5 min after it was due" in why.text("hourly", "--at", at.isoformat())

    claim = ledger.claims.claim(ledger.queued("hourly", HOUR), "token", ledger.now - HOUR + 3 * MINUTE)
    assert isinstance(claim, Claimed)
    ledger.claims.finish(claim, Ending("succeeded"), ledger.now)
    found = why("hourly", "--at", (ledger.now - HOUR).isoformat())
    assert found["late"] is True
    assert "It waited 3 min for its turn, or for a worker to take it." in found["text"]


def test_a_run_that_was_skipped_says_for_whose_sake(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    earlier = run_at(ledger, "hourly", whole_hour(ledger, 6), Ending("succeeded"))
    for hours, reason in ((5, f"overlap with {earlier}"), (4, f"replaced by {earlier}"), (3, "expired")):
        run_at(ledger, "hourly", whole_hour(ledger, hours), Ending("skipped", reason))
    running = ledger.started("hourly", HOUR).run_id
    run_at(ledger, "hourly", whole_hour(ledger, 2), Ending("skipped", f"overlap with {running}"))

    def text(hours: int) -> str:
        return why.text("hourly", "--at", whole_hour(ledger, hours).isoformat())

    assert f"Overlap with {earlier}, which had been running since " in text(5)
    assert "It ended " in text(5)
    assert f"{earlier} was due before it began, and took its place" in text(4)
    assert "No worker took it before it expired." in text(3)
    assert "It is still running." in text(2)


def test_occurrences_that_were_missed_say_why_none_of_them_ran(ledger: LedgerBench, why: Why) -> None:
    policies = {"latest": "latest", "skip": "skip", "short": "{policy: all, within: 1h}"}
    jobs = "".join(f'  {name}: {{cron: "0 * * * *", task: a.b, catch_up: {text}}}\n' for name, text in policies.items())
    ledger.install(f"jobs:\n{jobs}", YEARS_AGO)
    first, last, back = whole_hour(ledger, 9), whole_hour(ledger, 5), whole_hour(ledger, 4) + 30 * MINUTE
    for name in policies:
        ledger.missed(name, first, last, 5, back)

    found = why("latest", "--at", whole_hour(ledger, 7).isoformat())
    assert (found["answer"], found["run"]["count"]) == ("missed", 5)
    assert found["text"][0].startswith("5 occurrences, from ")
    assert "No beat led, or none could reach the server, until " in found["text"][1]
    assert found["text"][2] == "Of several that were missed, only the last was run then (catch_up: latest)."
    assert "catch_up: skip" in why.text("skip", "--at", first.isoformat())
    assert "too late to catch up: catch_up allows 1 h." in why.text("short", "--at", last.isoformat())
    # Between two occurrences there was nothing to miss.
    assert why("latest", "--at", (whole_hour(ledger, 7) + 5 * MINUTE).isoformat())["answer"] == "not_due"


def test_a_run_that_is_held_back_says_by_what(ledger: LedgerBench, why: Why) -> None:
    ledger.install(f"pools: {{db: 1}}\n{HOURLY}", YEARS_AGO)
    for job in ("hourly", "nightly"):
        ledger.decided(job, ledger.now, ledger.now + HOUR)
    uses = Traits(uses=(("db", 1),))
    holder = ledger.queued("nightly", 3 * MINUTE, uses)
    ledger.client.hset(KEYS.pool("db"), holder, 1)
    ledger.queued("hourly", 2 * MINUTE, uses)

    assert why("hourly")["answer"] == "waiting"
    said = f'It wants 1 of the pool "db", of which 1 of 1 are taken by {holder}; there is 1 run before it in line.'
    assert said in why.text("hourly")

    follower = ledger.queued("hourly", MINUTE, uses)
    ledger.client.hset(KEYS.run(follower), "fifo", 1)
    assert f"It follows hourly@{stamp(ledger.now - 2 * MINUTE)}, which is waiting (overlap)." in why.text("hourly")


def test_a_run_that_nobody_takes_says_that_nobody_is_there(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    ledger.decided("hourly", ledger.now, ledger.now + HOUR)
    ledger.queued("hourly", MINUTE)
    assert 'No live worker consumes the queue "scheduler".' in why.text("hourly")

    seen = ledger.now.timestamp()
    announce(ledger.client, KEYS.workers, Presence("w", "host", 1, seen, seen, "ready", queues=("scheduler",)))
    assert "There is 1 live worker on it, and there is 1 message in line." in why.text("hourly")

    claim = ledger.started("nightly", 2 * MINUTE)
    ledger.claims.progress(claim, 0.5, "half", ledger.now)
    ledger.decided("nightly", ledger.now, ledger.now + HOUR)
    assert f"{claim.run_id} is running since " in why.text("nightly")
    assert "How far it is: 50 % half." in why.text("nightly")
    ledger.claims.retry(claim, Ending("failed", "no route"), ledger.now + HOUR, ledger.now)
    assert "attempt 2 is due in " in why.text("nightly")
    assert "Attempt 1 did not succeed: no route." in why.text("nightly")
    ledger.queued("nightly", SECOND, None)
    assert why("nightly", "--at", (ledger.now - SECOND).isoformat())["answer"] == "dispatched"


def test_what_is_due_and_not_dispatched_says_whether_a_beat_leads(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    ledger.decided("hourly", whole_hour(ledger, 2), whole_hour(ledger, 1))
    run_at(ledger, "hourly", whole_hour(ledger, 2), Ending("succeeded"))

    assert why("hourly")["answer"] == "overdue"
    assert "A beat leads" in why.text("hourly")
    ledger.client.delete(KEYS.lock)
    assert "No beat leads." in why.text("hourly", "--at", whole_hour(ledger, 1).isoformat())
    assert why("hourly", "--at", whole_hour(ledger, 2).isoformat())["answer"] == "succeeded"


def test_the_schedule_answers_where_the_ledger_does_not(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    for job in ("hourly", "nightly"):
        ledger.decided(job, whole_hour(ledger, 0), whole_hour(ledger, -1))
    at = whole_hour(ledger, 3)

    found = why("hourly", "--at", (at + 5 * MINUTE).isoformat())
    assert (found["answer"], found["run"]) == ("not_due", None)
    assert "It is not due at " in found["text"][0]
    assert (found["before"]["occurrence"], found["after"]["occurrence"]) == (stamp(at), stamp(at + HOUR))
    assert why("hourly", "--at", (at + HOUR * 9).isoformat())["answer"] == "to_come"
    assert why("hourly", "--at", at.isoformat())["answer"] == "not_recorded"
    assert "What ended long ago is not kept." in why.text("hourly", "--at", at.isoformat())
    run_at(ledger, "hourly", whole_hour(ledger, 30), Ending("succeeded"))
    assert "may have had another schedule" in why.text("hourly", "--at", at.isoformat())
    assert why("resting", "--at", at.isoformat())["answer"] == "disabled"
    assert why("resting")["answer"] == "disabled"
    assert why("resting")["after"] is None
    assert why("nightly")["answer"] == "no_runs"


def test_before_the_job_had_its_schedule_nothing_was_due(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, ledger.now - 90 * MINUTE)
    ledger.decided("hourly", whole_hour(ledger, 0), whole_hour(ledger, -1))

    found = why("hourly", "--at", whole_hour(ledger, 4).isoformat())

    assert found["answer"] == "not_in_file"
    assert found["text"][1] == "Before that it was not in the file, was disabled, or had another schedule."


def test_an_edit_of_the_schedule_begins_anew_and_one_of_the_rest_does_not(ledger: LedgerBench) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    since = ledger.client.hget(KEYS.entry("hourly"), "since")
    ledger.install(HOURLY.replace('cron: "0 * * * *", task: a.b}', 'cron: "0 * * * *", task: a.c}'), ledger.now)
    assert ledger.client.hget(KEYS.entry("hourly"), "since") == since
    ledger.decided("hourly", ledger.now, ledger.now + HOUR)
    ledger.install(HOURLY.replace('hourly: {cron: "0', 'hourly: {cron: "5'), ledger.now)
    assert float(ledger.client.hget(KEYS.entry("hourly"), "since")) == ledger.now.timestamp()


@pytest.mark.parametrize(
    ("job", "time", "answer", "said"),
    [
        pytest.param("night", "2026-03-29T02:30", "clock_change", "clocks go forward 1 h", id="gap"),
        pytest.param("night", "2026-03-29T03:00", "not_recorded", "", id="instead"),
        pytest.param("night", "2026-10-25T02:30+01:00", "clock_change", "the first time", id="fold"),
        pytest.param("night", "2026-10-24T02:31", "not_due", "It is not due at ", id="no-change"),
        pytest.param("work", "2026-05-01T07:00", "calendar", "its calendar keeps it off: Labour day", id="holiday"),
        pytest.param("work", "2026-05-02T07:00", "not_recorded", "", id="no-holiday"),
        pytest.param("moved", "2026-05-01T07:00", "not_recorded", "", id="moved-by-its-nominal-time"),
        pytest.param("moved", "2026-05-04T07:00", "not_recorded", "", id="moved-by-its-dispatch"),
        pytest.param("later", "2026-05-01T07:00", "not_due", "Its schedule starts ", id="not-started"),
        pytest.param("over", "2026-05-01T07:00", "not_due", "Its schedule ended ", id="ended"),
        pytest.param("often", "2026-05-01T07:01", "not_due", "Its schedule: Every 15m", id="every"),
    ],
)
def test_clocks_and_calendars_are_named(
    ledger: LedgerBench, why: Why, job: str, time: str, answer: str, said: str
) -> None:
    ledger.install(
        """\
timezone: Europe/Berlin
calendars: {holidays: {dates: ["2026-05-01 Labour day"]}}
jobs:
  night: {cron: "30 2 * * *", task: a.b}
  work: {cron: "0 7 * * *", task: a.b, skip_on: holidays}
  moved: {cron: "0 7 1 * *", task: a.b, skip_on: holidays, move_to: next_business_day}
  later: {cron: "0 7 * * *", task: a.b, starts: 2026-06-01}
  over: {cron: "0 7 * * *", task: a.b, ends: 2026-04-01}
  often: {every: 15m, task: a.b}
""",
        YEARS_AGO,
    )
    ledger.decided(job, ledger.now, ledger.now + HOUR)

    found = why(job, "--at", time)

    assert found["answer"] == answer
    assert said in " ".join(found["text"])


def test_a_job_that_is_not_in_force_says_what_is(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    (ledger.folder / "schedules.yaml").write_text(HOURLY.replace("nightly", "newcomer"))
    ledger.ended("gone", HOUR)

    assert why("newcomer")["answer"] == "not_in_force"
    assert "but no beat has put it into force: in force is " in why.text("newcomer")
    found = why("gone")
    assert (found["answer"], found["in_force"]) == ("succeeded", False)
    assert "The job is not in force any more: in force is " in found["text"][-1]
    result = ledger.call("why", "hurly")
    assert 'Error: there is no job "hurly"' in result.stderr
    assert result.exit_code == 1
    (ledger.folder / "schedules.yaml").write_text("jobs: [")
    assert 'Error: there is no job "hurly"' in ledger.call("why", "hurly").stderr


def test_a_job_that_cannot_be_read_is_asked_for_its_runs_alone(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    endless = "[" * 100_000
    ledger.client.hset(KEYS.entry("hourly"), mapping={"definition": endless, "meta": endless, "job": endless})
    ledger.ended("hourly", HOUR)

    assert why("hourly")["answer"] == "succeeded"


def test_entries_of_applications_are_asked_for_their_runs_alone(ledger: LedgerBench, why: Why) -> None:
    definition = json.dumps({"name": "app", "schedule": {"__type__": "interval", "every": 60}})
    ledger.client.hset(KEYS.entry("app"), "definition", definition)
    ledger.ended("app", HOUR)

    assert why("app")["answer"] == "succeeded"
    found = why("app", "--at", "2026-01-01T00:00")
    assert (found["answer"], found["before"], found["after"]) == ("not_recorded", None, None)


def test_runs_that_somebody_started_are_found_by_their_time(ledger: LedgerBench, why: Why) -> None:
    ledger.install(HOURLY, YEARS_AGO)
    run_id = ledger.started("nightly", HOUR, by_hand=True).run_id

    assert why("nightly", "--at", (ledger.now - HOUR).isoformat())["run"]["id"] == run_id
