"""Numbers in Redis that are no instants, wherever one is read: they end nobody, and stop nothing else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.store.clock import score
from scheduler.store.file_record import read_file_record
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, announce, read_presences
from scheduler.store.rescoring import Rescoring
from scheduler.store.runs.history import History
from scheduler.store.runs.log import Chunk, chunk_instant
from scheduler.store.status import read_status
from scheduler.timetable import tzdata_version
from tests.integration.bench import PREFIX, Bench, until
from tests.integration.ledger_bench import SECOND, LedgerBench

KEYS = Keys(PREFIX)
JOBS = "jobs:\n  good: {every: 1h, task: a.b}\n  astray: {every: 1h, task: a.b}\n"
# Seconds after those of the years up to 9899: the first, one that a datetime could hold, and ones that it could not.
NO_INSTANTS = [250_246_627_200.0, 253_402_300_799.0, 253_402_300_800.0, 4e12, 1e18, 1e300, float("inf")]


@pytest.fixture
def installed(bench: Any) -> Bench:
    bench.write(JOBS)
    until(bench.beat(), lambda: len(bench.entries()) == 2)
    return bench  # type: ignore[no-any-return]


def put(bench: Bench, name: str, found: float) -> None:
    bench.redis.zadd(KEYS.schedule, {KEYS.entry(name): found})


@pytest.mark.parametrize("found", NO_INSTANTS)
def test_a_score_that_is_no_instant_is_worked_out_anew(
    installed: Bench, caplog: pytest.LogCaptureFixture, found: float
) -> None:
    right = installed.entries()["astray"]
    put(installed, "astray", found)
    installed.redis.zrem(KEYS.schedule, KEYS.entry("good"))
    installed.beats.pop().close()

    # It is the soonest there is, and the only one.
    beat = installed.beat()
    until(beat, lambda: installed.entries() == {"astray": right})
    installed.move("astray", 3_600)
    for _ in range(3):
        beat.tick()

    assert [one["headers"]["scheduler_job"] for one in installed.messages()] == ["astray"]
    assert caplog.text.count("entry.rescored key=scheduler:astray") == 1


def test_an_occurrence_that_passed_meanwhile_is_made_up_for(installed: Bench) -> None:
    installed.move("astray", 3_600)
    put(installed, "astray", 4e12)
    installed.beats.pop().close()

    until(installed.beat(), installed.messages)

    assert len(installed.messages()) == 1


@pytest.mark.parametrize("found", NO_INSTANTS)
def test_others_are_dispatched_before_it_is_looked_at(installed: Bench, found: float) -> None:
    beat = installed.beats[0]
    installed.move("good", 3_600)
    good = installed.entries()["good"]
    put(installed, "astray", found)
    # It is the soonest that is not due.
    put(installed, "good", -1)
    assert beat.tick() <= 0.5
    put(installed, "good", good)

    assert beat.tick() <= 0.5

    assert [one["headers"]["scheduler_job"] for one in installed.messages()] == ["good"]
    assert installed.entries()["astray"] == found


def test_where_the_entry_is_broken_it_is_parked_and_named(installed: Bench, caplog: pytest.LogCaptureFixture) -> None:
    installed.redis.hset(KEYS.entry("astray"), mapping={"definition": "not JSON", "rev": "another"})
    put(installed, "astray", float("inf"))
    installed.beats.pop().close()

    until(installed.beat(), lambda: installed.entries()["astray"] == -1)

    assert caplog.text.count("entry.broken key=scheduler:astray") == 1
    broken = read_status(installed.redis, KEYS, installed.app).unreadable.broken
    assert [one.name for one in broken] == ["astray"]


def test_what_a_later_version_wrote_is_left_alone(installed: Bench) -> None:
    installed.redis.hset(KEYS.entry("astray"), "job", json.dumps({"v": FORM_VERSION + 1}))
    put(installed, "astray", 4e12)
    installed.beats.pop().close()

    beat = installed.beat()
    for _ in range(3):
        beat.tick()

    assert installed.entries()["astray"] == 4e12


@pytest.mark.parametrize("found", NO_INSTANTS)
def test_status_shows_what_is_next_all_the_same(installed: Bench, found: float) -> None:
    put(installed, "astray", found)

    assert [name for name, _ in read_status(installed.redis, KEYS, installed.app).next_dispatches] == ["good"]


@pytest.mark.parametrize("found", NO_INSTANTS)
@pytest.mark.parametrize("every", ["1h", "2h"], ids=["the same schedule", "another schedule"])
def test_an_edit_of_such_a_job_takes_effect(installed: Bench, found: float, every: str) -> None:
    beat = installed.beats[0]
    beat._strays._looked = float("inf")
    entry = KEYS.entry("astray")
    put(installed, "astray", found)
    content = {
        "v": FORM_VERSION,
        "rev": installed.redis.hget(KEYS.jobs, "astray") if every == "1h" else "other.1 5 q",
        "definition": installed.redis.hget(entry, "definition"),
        "job": installed.redis.hget(entry, "job"),
        "since": "1.0",
    }
    installed.redis.hset(KEYS.jobs, "astray", content["rev"])
    installed.redis.hset(entry, "next", json.dumps(content))
    installed.redis.sadd(KEYS.edits, "astray")

    until(beat, lambda: not installed.redis.exists(KEYS.edits))

    assert 0 < installed.entries()["astray"] - score(beat._clock.now()) <= 3_600


@pytest.mark.parametrize(
    "since",
    ["4e12", "inf", "nan", "1e300", "-1e300", "soon", None, [], {}, float("inf"), 10**400],
    ids=lambda one: repr(one)[:9],
)
def test_an_edit_that_was_installed_at_no_instant_is_damaged(installed: Bench, since: object) -> None:
    content = {"v": FORM_VERSION, "rev": "r", "definition": "{}", "job": "{}", "since": since}
    installed.redis.hset(KEYS.entry("astray"), "next", json.dumps(content))
    installed.redis.sadd(KEYS.edits, "astray")

    until(installed.beats[0], lambda: not installed.redis.exists(KEYS.edits))

    assert not installed.redis.hexists(KEYS.entry("astray"), "next")


@pytest.mark.parametrize("found", NO_INSTANTS)
def test_new_data_gives_it_a_score(installed: Bench, found: float) -> None:
    right = installed.entries()["astray"]
    put(installed, "astray", found)
    installed.redis.hset(KEYS.versions, "tzdata", "1999.1")
    rescoring = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})

    rescoring.begin()
    while rescoring.step(installed.redis.get(KEYS.lock), score(datetime.now(UTC))):
        pass

    assert installed.entries()["astray"] == right


@pytest.mark.parametrize(
    "last",
    [
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9900, 1, 1, tzinfo=UTC),
        # In UTC, before the first that a datetime holds.
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_a_mark_that_no_schedule_can_go_on_from_breaks_its_entry_alone(
    installed: Bench, caplog: pytest.LogCaptureFixture, last: datetime
) -> None:
    zone = 3_600.0 if last.year == 1 else 0.0
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    parts = {"__type__": "datetime", **{name: getattr(last, name) for name in names}, "timezone": zone}
    theirs = {"__type__": "interval", "every": 3600, "relative": False}
    definition = json.dumps({"name": "theirs", "task": "a.b", "args": [], "schedule": theirs})
    meta = json.dumps({"last_run_at": parts})
    installed.redis.hset(KEYS.entry("theirs"), mapping={"definition": definition, "meta": meta})
    put(installed, "theirs", 1)
    installed.move("good", 3_600)

    for _ in range(3):
        installed.beats[0].tick()

    assert [one["headers"]["scheduler_job"] for one in installed.messages()] == ["good"]
    assert caplog.text.count("entry.broken key=scheduler:theirs") == 1


@pytest.mark.parametrize(
    "number", ["inf", "1e300", "soon", "9" * 19, "9" * 5_000, "nan"], ids=lambda one: f"{len(one)} of {one[:9]}"
)
def test_a_file_in_force_with_a_stamp_that_is_no_instant_is_followed_by_any_other(
    installed: Bench, number: str
) -> None:
    odd = dict.fromkeys(("stamp", "beat_stamp", "installed", "jobs", "v"), number)
    installed.redis.hset(KEYS.file, mapping={**odd, "v": "1"})

    record = read_file_record(installed.redis, KEYS)
    assert record is not None
    assert (record.stamp, record.beat_stamp, record.installed) == (0, 0, None)
    assert record.stamped == datetime(1970, 1, 1, tzinfo=UTC)
    read_status(installed.redis, KEYS, installed.app)
    installed.write("jobs:\n  other: {every: 1h, task: a.b}\n")
    until(installed.beats[0], lambda: set(installed.entries()) == {"other"})


@pytest.mark.parametrize(
    "odd", [4e18, 1e300, float("inf"), float("nan"), "soon", [], 10**400], ids=lambda one: repr(one)[:9]
)
@pytest.mark.parametrize("field", ["since", "seen", "clock_ahead", "lag", "stamp", "refused_since"])
def test_a_beat_of_which_a_number_is_none_is_not_counted(installed: Bench, field: str, odd: object) -> None:
    now = installed.beats[0]._clock.now()
    seen = now.timestamp()
    announce(installed.redis, KEYS.workers, Presence("w", "h", 1, seen, seen, "ready"))
    said = json.loads(installed.redis.hget(KEYS.workers, "w"))
    lag = {"dispatches": 1, "since": seen, "p50": 0.1, "p99": 0.1, "max": odd}
    file = {"path": "p", field: odd}
    spoilt = {"lag": {"lag": lag}, "stamp": {"file": file}, "refused_since": {"file": file}}.get(field, {field: odd})
    installed.redis.hset(KEYS.beats, "odd", json.dumps(said | spoilt))

    assert [one.name for one in read_presences(installed.redis, KEYS.beats, now)] == [
        installed.beats[0]._leadership.name
    ]
    installed.beats[0].tick()


@pytest.mark.parametrize("number", [4e15, 1e300, float("inf")])
def test_the_oldest_run_of_a_job_may_have_no_time(ledger: LedgerBench, number: float) -> None:
    run_id = ledger.ended("job", 5 * SECOND)
    ledger.client.zadd(KEYS.runs("job"), {run_id: number})
    ledger.client.hset(KEYS.run(run_id), mapping={"dispatched": repr(number), "started": repr(number)})

    history = History(ledger.client, KEYS)
    assert history.oldest("job") is None
    assert [row.dispatched for row in history.ended("job")] == [None]
    assert ledger.json("runs", "job")


def test_what_was_said_after_all_time_is_said_at_its_end() -> None:
    assert chunk_instant(Chunk((2**64 - 1) / 1000, "log", "")) == datetime(9900, 1, 1, tzinfo=UTC)
    assert chunk_instant(Chunk(1.0, "log", "")) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1)
