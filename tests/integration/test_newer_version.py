"""What a later version stored, met by a beat of this one: left as it is, told of, and in nobody's way."""

import json
import time
from typing import Any

import pytest

from scheduler.beat import dispatch
from scheduler.beat.precedence import WAITED_FOR_SECONDS
from scheduler.jobs import ScheduleFile
from scheduler.jobs.load import load
from scheduler.store.clock import RedisClock
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, announce, read_presences
from scheduler.store.staging import Answer, Offer, Staging
from scheduler.store.status import read_status
from tests.integration.bench import PREFIX, Bench, until

KEYS = Keys(PREFIX)
NEWER = FORM_VERSION + 1
JOBS = "jobs:\n  kept: {every: 1h, task: a.b}\n  left: {every: 1h, task: a.b}\n"


def as_newer(bench: Bench, name: str, **fields: str) -> dict[str, str]:
    """Make the entry one that a later version wrote, due a minute ago, and return its hash."""
    job = json.loads(bench.redis.hget(KEYS.entry(name), "job") or "{}")
    fields = {"job": json.dumps({**job, "v": NEWER}), "rev": f"newer.{name} 5 ", **fields}
    bench.redis.hset(KEYS.entry(name), mapping=fields)
    if bench.redis.hexists(KEYS.jobs, name):
        bench.redis.hset(KEYS.jobs, name, fields["rev"])
    if bench.entries()[name] > time.time():
        bench.redis.zadd(KEYS.schedule, {KEYS.entry(name): time.time() - 60})
    found: dict[str, str] = bench.redis.hgetall(KEYS.entry(name))
    return found


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="rules"),
        pytest.param({"definition": "a form that nobody here knows", "meta": "likewise"}, id="definition"),
        pytest.param({"definition": '{"task": "a.b", "retries": 3, "schedule": {"cron2": "x"}}'}, id="fields"),
    ],
)
def test_a_newer_entry_stays_due_while_the_others_are_dispatched(
    bench: Bench, caplog: pytest.LogCaptureFixture, fields: dict[str, str]
) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    before = as_newer(bench, "left", **fields)
    score = bench.entries()["left"]

    for _ in range(2):
        bench.move("kept", 3_600)
        beat.tick()
    caplog.set_level("INFO")
    beat.tick()

    assert [one["headers"]["scheduler_job"] for one in bench.messages()] == ["kept", "kept"]
    assert bench.redis.hgetall(KEYS.entry("left")) == before
    assert bench.entries()["left"] == score
    assert caplog.text.count("entries.newer count=1 first=scheduler:left") == 1
    assert "entry.broken" not in caplog.text
    unreadable = read_status(bench.redis, KEYS, bench.app).unreadable
    assert (unreadable.newer, unreadable.broken) == (("left",), ())


def test_newer_entries_hold_up_no_others_however_many_they_are(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    as_newer(bench, "left")
    for number in range(30):
        bench.redis.copy(KEYS.entry("left"), KEYS.entry(f"left{number}"))
        bench.redis.zadd(KEYS.schedule, {KEYS.entry(f"left{number}"): time.time() - 7_200})
    beat.tick()
    bench.move("kept", 3_600)
    assert beat._dispatcher is not None

    found = beat._dispatcher.due(beat._clock.now(), limit=5)

    assert [one.key for one in found] == [KEYS.entry("kept")]


def test_newer_entries_that_are_due_soon_let_the_beat_rest(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    as_newer(bench, "left")
    for number in range(300):
        bench.redis.copy(KEYS.entry("left"), KEYS.entry(f"left{number}"))
        bench.redis.zadd(KEYS.schedule, {KEYS.entry(f"left{number}"): time.time() + 1.5})
    assert beat._dispatcher is not None
    now = beat._clock.now()

    looks = [beat._dispatcher.prepare(now) for _ in range(3)]

    assert looks == [True, False, False]


def test_what_was_told_of_newer_entries_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "MOST_LEFT", 3)
    bench.write("jobs:\n" + "".join(f"  left{number}: {{every: 1h, task: a.b}}\n" for number in range(5)))
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 5)
    assert beat._dispatcher is not None
    for number in range(5):
        as_newer(bench, f"left{number}")
        beat.tick()
        assert len(beat._dispatcher._told_newer) <= 3


def test_a_newer_entry_that_became_an_older_one_is_dispatched(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    bench.move("left", 3_600)
    before = bench.redis.hgetall(KEYS.entry("left"))
    as_newer(bench, "left")
    beat.tick()
    assert bench.messages() == []

    bench.redis.hset(KEYS.entry("left"), mapping=before)
    bench.redis.hset(KEYS.jobs, "left", before["rev"])
    beat.tick()

    assert [one["headers"]["scheduler_job"] for one in bench.messages()] == ["left"]


def test_a_file_is_not_installed_over_one_of_a_newer_form(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    bench.redis.hset(KEYS.file, "v", NEWER)
    before = as_newer(bench, "left")

    bench.write("jobs:\n  other: {every: 1h, task: a.b}\n")
    until(beat, lambda: "file.newer" in caplog.text)
    for _ in range(3):
        beat.tick()

    assert set(bench.entries()) == {"kept", "left"}
    assert bench.redis.hgetall(KEYS.entry("left")) == before
    assert caplog.text.count("file.newer") == 1


@pytest.mark.parametrize("schedule", ["every: 1h", "every: 2h"])
def test_what_is_applied_by_hand_takes_the_place_of_newer_entries(bench: Bench, schedule: str) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    bench.redis.hset(KEYS.file, "v", NEWER)
    bench.move("left", 7_200)
    definition = json.loads(bench.redis.hget(KEYS.entry("left"), "definition"))
    definition["schedule"]["v"] = NEWER
    as_newer(bench, "left", definition=json.dumps(definition))
    for _ in range(2):
        beat.tick()
    assert bench.messages() == []

    file = read(bench, JOBS.replace("every: 1h", schedule))
    applied = Staging(bench.redis, KEYS).stage(file, Offer("applied", "somebody"), beat._clock.now())
    assert applied.answer is Answer.STAGED
    until(beat, lambda: bench.messages())

    assert [one["headers"]["scheduler_job"] for one in bench.messages()] == ["left"]
    assert json.loads(bench.redis.hget(KEYS.entry("left"), "job"))["v"] == FORM_VERSION
    assert bench.entries()["left"] > time.time()
    assert bench.redis.hget(KEYS.file, "v") == str(FORM_VERSION)


def read(bench: Bench, text: str) -> ScheduleFile:
    path = bench.file.with_name("applied.yaml")
    path.write_text(text)
    return load(path, {}, max_bytes=10_000).file


@pytest.mark.parametrize("without", [(), ("meta",), ("definition",), ("definition", "meta")], ids=" and ".join)
def test_an_entry_of_the_application_that_a_newer_version_wrote_stays(
    bench: Bench, caplog: pytest.LogCaptureFixture, without: tuple[str, ...]
) -> None:
    bench.app.conf.beat_schedule = {
        "mine": {"task": "a.b", "schedule": 60.0},
        "gone": {"task": "a.b", "schedule": 60.0},
    }
    beat = bench.beat()
    until(beat, lambda: {"mine", "gone"} <= set(bench.entries()))
    for name in ("mine", "gone"):
        as_newer(bench, name, definition="of a later version")
        for field in without:
            bench.redis.hdel(KEYS.entry(name), field)
    before = {name: bench.redis.hgetall(KEYS.entry(name)) for name in ("mine", "gone")}
    del bench.app.conf.beat_schedule["gone"]
    beat.close()

    later = bench.beat()
    later.tick()

    assert {name: bench.redis.hgetall(KEYS.entry(name)) for name in before} == before
    assert "application.newer entries=2" in caplog.text


def newer_beat(bench: Bench, seen: float = 0.0) -> Presence:
    clock = RedisClock(bench.redis)
    at = clock.now().timestamp() + seen
    return Presence("newer:1:abc", "newer", 1, at, at, "standby", form=NEWER)


def test_a_leader_gives_way_to_a_beat_that_knows_later_forms(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 2)
    announce(bench.redis, KEYS.beats, newer_beat(bench))

    until(beat, lambda: bench.redis.get(KEYS.lock) is None)

    bench.move("kept", 3_600)
    assert 0 < beat.tick() <= 0.5
    assert bench.messages() == []
    assert caplog.text.count("beat.gives_way to=newer:1:abc") == 1
    assert state_of(beat, bench) == "standby"


def test_a_beat_that_knows_later_forms_and_is_gone_is_not_waited_for(bench: Bench) -> None:
    announce(bench.redis, KEYS.beats, newer_beat(bench, seen=-(WAITED_FOR_SECONDS - 0.3)))
    beat = bench.beat()

    waits = beat.tick()
    assert 0 < waits <= 0.31
    assert bench.redis.get(KEYS.lock) is None
    time.sleep(waits)
    beat.tick()

    assert bench.redis.get(KEYS.lock) == beat._leadership.token


@pytest.mark.parametrize("seen", [-3_600.0, 3_600.0])
def test_what_was_seen_at_another_time_is_not_waited_for(bench: Bench, seen: float) -> None:
    announce(bench.redis, KEYS.beats, newer_beat(bench, seen=seen))
    beat = bench.beat()

    beat.tick()

    assert bench.redis.get(KEYS.lock) == beat._leadership.token


def test_beats_of_one_version_do_not_give_way_to_each_other(bench: Bench) -> None:
    first, second = bench.beat(), bench.beat()
    first.tick()
    second.tick()

    assert bench.redis.get(KEYS.lock) == first._leadership.token
    assert [one.form for one in read_presences(bench.redis, KEYS.beats, first._clock.now())] == [FORM_VERSION] * 2


def state_of(beat: Any, bench: Bench) -> str:
    found = read_presences(bench.redis, KEYS.beats, beat._clock.now())
    return next(one.state for one in found if one.name == beat._leadership.name)
