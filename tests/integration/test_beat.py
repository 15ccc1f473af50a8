"""The beat's passes against a real server: what lands on the queue, and what is kept."""

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.schedules import crontab, schedule  # noqa: TID251 (what applications store)
from redbeat import RedBeatSchedulerEntry

from scheduler.store.carrying import SLICE
from scheduler.store.keys import Keys
from scheduler.store.server import RedisUrl
from tests.integration.bench import PREFIX, Bench, until
from tests.servers import wait_for

KEYS = Keys(PREFIX)
HOURLY = """
timezone: Europe/Berlin
jobs:
  hourly:
    cron: "0 * * * *"
    task: ledger.close
    args: [1, two]
    kwargs: {who: "${WHO:-me}"}
"""


def with_argument(text: str) -> str:
    schedule = '{"__type__": "interval", "every": 3600, "relative": false}'
    return f'{{"name": "bad", "task": "a.b", "args": [{text}], "schedule": {schedule}}}'


GOOD = with_argument("1")


def test_a_job_of_the_file_becomes_an_entry_scored_with_its_next_instant(bench: Bench) -> None:
    bench.write(HOURLY)
    bench.beat().tick()

    now = datetime.now(UTC)
    following = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert bench.entries() == {"hourly": following.timestamp()}
    definition = json.loads(bench.redis.hget(PREFIX + "hourly", "definition"))
    assert definition["task"] == "ledger.close"
    assert definition["schedule"]["__type__"] == "scheduler"
    assert definition["schedule"]["timezone"] == "Europe/Berlin"
    assert bench.messages() == []


def test_a_due_occurrence_is_on_the_queue_once_with_its_name_in_the_headers(bench: Bench) -> None:
    bench.write(HOURLY)
    beat = bench.beat()
    beat.tick()
    due = datetime.fromtimestamp(bench.entries()["hourly"], UTC) - timedelta(hours=1)
    bench.move("hourly", 3600)

    beat.tick()
    beat.tick()

    (message,) = bench.messages()
    headers = message["headers"]
    name = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert headers["task"] == "ledger.close"
    assert headers["scheduler_job"] == "hourly"
    assert headers["scheduler_run_id"] == f"hourly@{name}"
    assert headers["scheduler_occurrence"] == name
    assert headers["scheduler_previous"] == (due - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert headers["scheduler_timezone"] == "Europe/Berlin"
    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == ([1, "two"], {"who": "${WHO:-me}"})
    assert bench.entries() == {"hourly": due.timestamp() + 3600}


def test_a_secret_stays_a_reference_in_redis(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHO", "hunter2-the-secret")
    bench.write(HOURLY)
    beat = bench.beat()
    beat.tick()
    bench.move("hourly", 3600)
    beat.tick()

    assert len(bench.messages()) == 1
    for key in bench.redis.keys("*"):
        assert "hunter2" not in repr(bench.redis.dump(key))
        kind = bench.redis.type(key)
        if kind == "hash":
            assert "hunter2" not in repr(bench.redis.hgetall(key))
        if kind == "list":
            bodies = [base64.b64decode(json.loads(text)["body"]) for text in bench.redis.lrange(key, 0, -1)]
            assert all(b"hunter2" not in body for body in bodies)


def test_hours_of_downtime_are_made_up_by_one_run_of_the_newest(bench: Bench) -> None:
    bench.write(HOURLY)
    first = bench.beat()
    first.tick()
    first.close()
    following = bench.entries()["hourly"]
    bench.move("hourly", 5 * 3600)

    until(bench.beat(), bench.messages)

    (message,) = bench.messages()
    newest = datetime.fromtimestamp(following - 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert message["headers"]["scheduler_occurrence"] == newest
    assert bench.entries() == {"hourly": following}


def test_adding_changing_and_removing_jobs_is_followed_without_a_restart(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    assert set(bench.entries()) == {"one"}

    bench.write("jobs:\n  one: {every: 2h, task: a.b}\n  two: {every: 1h, task: a.c}\n")
    until(beat, lambda: set(bench.entries()) == {"one", "two"})

    bench.write("jobs:\n  two: {every: 1h, task: a.d}\n")
    until(beat, lambda: set(bench.entries()) == {"two"})
    assert json.loads(bench.redis.hget(PREFIX + "two", "definition"))["task"] == "a.d"
    assert not bench.redis.exists(PREFIX + "one")


def test_an_edit_of_the_schedule_never_fires_for_times_before_the_edit(bench: Bench) -> None:
    bench.write("jobs:\n  one: {cron: '0 0 1 1 *', task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.move("one", 86_400)

    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    until(beat, lambda: "every" in bench.redis.hget(PREFIX + "one", "definition"))

    assert bench.messages() == []
    assert bench.entries()["one"] > datetime.now(UTC).timestamp()


def test_an_edit_of_anything_else_keeps_mark_and_score(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    before = bench.redis.hget(PREFIX + "one", "meta"), bench.entries()

    bench.write("jobs:\n  one: {every: 1h, task: a.b, queue: slow}\n")
    until(beat, lambda: "slow" in bench.redis.hget(PREFIX + "one", "definition"))

    assert (bench.redis.hget(PREFIX + "one", "meta"), bench.entries()) == before


def test_an_invalid_file_is_reported_once_and_the_last_good_one_stays(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()

    bench.write("jobs:\n  one: {evry: 1h, task: a.b}\n")
    until(beat, lambda: "file.refused" in caplog.text)
    for _ in range(3):
        beat.tick()

    assert caplog.text.count("file.refused") == 1
    assert "schedules.yaml:2:9" in caplog.text
    assert set(bench.entries()) == {"one"}


def test_a_file_that_goes_away_removes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()

    bench.file.unlink()
    until(beat, lambda: "file.refused" in caplog.text)

    assert set(bench.entries()) == {"one"}


def test_a_disabled_job_is_kept_and_never_due(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1s, task: a.b, enabled: false}\n")
    beat = bench.beat()
    for _ in range(3):
        beat.tick()

    assert bench.entries() == {"one": -1.0}
    assert bench.messages() == []


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(schedule(timedelta(seconds=1)), id="interval"),
        pytest.param(crontab(), id="crontab"),
    ],
)
def test_an_entry_of_redbeats_own_api_is_dispatched_and_left_alone(bench: Bench, kind: Any) -> None:
    entry = RedBeatSchedulerEntry("theirs", "their.task", kind, args=[7], app=bench.app)
    entry.last_run_at = datetime.now(UTC) - timedelta(minutes=3)
    entry.save()
    definition = bench.redis.hget(PREFIX + "theirs", "definition")
    bench.write("jobs: {}\n")

    until(bench.beat(), bench.messages)

    message = bench.messages()[0]
    assert message["headers"]["task"] == "their.task"
    assert message["headers"]["scheduler_job"] == "theirs"
    assert bench.redis.hget(PREFIX + "theirs", "definition") == definition
    assert bench.entries()["theirs"] > datetime.now(UTC).timestamp() - 2


def test_an_entry_that_redbeat_scored_a_second_early_fires_on_time_and_once(bench: Bench) -> None:
    entry = RedBeatSchedulerEntry("theirs", "their.task", crontab(minute="0"), app=bench.app)
    entry.save()
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX + "theirs": datetime.now(UTC).timestamp() - 1})
    bench.write("jobs: {}\n")
    beat = bench.beat()
    for _ in range(3):
        beat.tick()

    following = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert bench.messages() == []
    assert bench.entries() == {"theirs": following.timestamp()}


def test_a_job_never_takes_the_name_of_an_entry_that_is_not_the_files(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    RedBeatSchedulerEntry("mine", "their.task", schedule(timedelta(hours=1)), app=bench.app).save()
    bench.write("jobs:\n  mine: {every: 1h, task: a.b}\n  other: {every: 1h, task: a.b}\n")

    bench.beat().tick()

    assert json.loads(bench.redis.hget(PREFIX + "mine", "definition"))["task"] == "their.task"
    assert "file.conflict job=mine" in caplog.text
    assert set(bench.entries()) == {"mine", "other"}


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param("not json", id="not JSON"),
        pytest.param("[1]", id="not an object"),
        pytest.param("[" * 100_000, id="without an end"),
        pytest.param(b"\xff\xfe{", id="no text"),
        pytest.param("[" * 100_000 + "]" * 100_000, id="nested without sense"),
        pytest.param(with_argument("[" * 99 + "]" * 99), id="an argument that is nested too deep"),
        pytest.param(with_argument("[" * 950 + "]" * 950), id="an argument that Python barely reads"),
        pytest.param('{"schedule": {"__type__": "scheduler", "v": 1, "cron": "61 * * * *"}}', id="a bad expression"),
        pytest.param('{"schedule": {"__type__": "lunar"}}', id="an unknown type"),
        pytest.param('{"schedule": {"__type__": "crontab", "x": 1}}', id="a crontab that is none"),
        pytest.param('{"schedule": null, "surprise": 1}', id="unexpected fields"),
        pytest.param(None, id="a hash without definition"),
    ],
)
def test_a_broken_entry_is_reported_once_and_stops_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture, definition: str | bytes | None
) -> None:
    bench.write("jobs:\n  good: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    if definition is not None:
        bench.redis.hset(PREFIX + "bad", "definition", definition)
    else:
        bench.redis.hset(PREFIX + "bad", "other", "1")
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX + "bad": 1})
    bench.move("good", 3600)

    for _ in range(3):
        beat.tick()

    assert len(bench.messages()) == 1
    assert caplog.text.count("entry.broken key=scheduler:bad") == 1
    stored = bench.redis.execute_command("HGET", PREFIX + "bad", "definition", NEVER_DECODE=True)
    assert stored == (definition.encode() if isinstance(definition, str) else definition)


@pytest.mark.parametrize("definition", ["{}", GOOD], ids=["broken", "good but for its name"])
def test_an_entry_whose_name_is_no_text_is_reported_and_stops_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture, definition: str
) -> None:
    bench.write("jobs:\n  good: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.hset(PREFIX.encode() + b"\xff\xfe", "definition", definition)
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX.encode() + b"\xff\xfe": 1})
    bench.move("good", 3600)

    for _ in range(3):
        beat.tick()

    assert len(bench.messages()) == 1
    assert caplog.text.count("entry.broken key=scheduler:") == 1
    assert bench.redis.zscore(PREFIX + ":schedule", PREFIX.encode() + b"\xff\xfe") == -1


def test_broken_entries_that_are_due_soon_let_the_beat_rest(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write("jobs:\n" + "".join(f"  job-{one}: {{every: 1h, task: a.b}}\n" for one in range(300)))
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 300)
    until(beat, lambda: not beat._file.is_busy)
    for one in range(300):
        bench.redis.hset(f"{PREFIX}job-{one}", "definition", "not JSON")
        bench.redis.zadd(PREFIX + ":schedule", {f"{PREFIX}job-{one}": time.time() + 1.5})
    assert beat._dispatcher is not None
    now = beat._clock.now()

    looks = [beat._dispatcher.prepare(now) for _ in range(3)]

    assert looks == [True, False, False]
    until(beat, lambda: caplog.text.count("entry.broken") == 300)


def test_an_entry_that_is_mended_before_it_is_due_is_dispatched(bench: Bench) -> None:
    bench.write(HOURLY)
    beat = bench.beat()
    until(beat, lambda: bench.entries())
    definition = bench.redis.hget(PREFIX + "hourly", "definition")
    bench.redis.hset(PREFIX + "hourly", "definition", "not JSON")
    assert beat._dispatcher is not None
    beat._dispatcher.prepare(datetime.fromtimestamp(bench.entries()["hourly"] - 1, UTC))
    assert beat._dispatcher._definitions._broken

    bench.redis.hset(PREFIX + "hourly", "definition", definition)
    bench.move("hourly", 3600)
    beat.tick()

    assert len(bench.messages()) == 1


def test_only_one_of_two_beats_dispatches_and_the_other_follows_at_once(bench: Bench) -> None:
    bench.write(HOURLY)
    leader, standby = bench.beat(), bench.beat()
    leader.tick()
    bench.move("hourly", 3600)
    standby.tick()
    assert bench.messages() == []

    leader.tick()
    assert len(bench.messages()) == 1
    leader.close()
    bench.move("hourly", 3600)
    standby.tick()

    assert len(bench.messages()) == 2


def test_a_queue_key_of_the_wrong_type_hides_no_other_entry(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write("jobs:\n  bad: {every: 1h, task: a.b, queue: broken}\n  good: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.set("broken", "not a list")
    before = bench.entries()["bad"]
    bench.move("bad", 3600)
    bench.move("good", 3600)

    beat.tick()

    assert len(bench.messages()) == 1
    assert "occurrence.postponed job=bad" in caplog.text
    assert bench.entries()["bad"] == before - 3600


def test_what_the_application_configured_is_dispatched_beside_the_file(bench: Bench) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": timedelta(hours=1)}}
    bench.write("jobs:\n  ours: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    assert set(bench.entries()) == {"ours", "theirs"}

    bench.move("theirs", 3600)
    beat.tick()

    assert [message["headers"]["task"] for message in bench.messages()] == ["their.task"]


@pytest.mark.parametrize(
    ("broker", "words"),
    [
        pytest.param("memory://", "is of the kind 'memory'", id="not Redis"),
        pytest.param("another number", "is another database than the schedule's", id="another database"),
    ],
)
def test_a_broker_that_is_not_the_schedules_database_is_refused(
    bench: Bench, caplog: pytest.LogCaptureFixture, broker: str, words: str
) -> None:
    url = RedisUrl.parse(bench.app.conf.scheduler_redis_url)
    bench.app.conf.broker_url = broker if "://" in broker else replace(url, db=1).broker

    with pytest.raises(SystemExit) as refused:
        bench.beat()

    assert refused.value.code == 1
    assert caplog.text.count("beat.refused") == 1
    assert words in caplog.text
    assert bench.redis.keys("*") == []


def test_an_entry_of_a_later_version_is_left_alone_and_stops_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("jobs:\n  good: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    definition = json.dumps({"name": "later", "task": "a.b", "schedule": {"__type__": "scheduler", "v": 99}})
    bench.redis.hset(PREFIX + "later", "definition", definition)
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX + "later": 1})
    bench.move("good", 3600)

    assert all(beat.tick() > 0 for _ in range(3))

    assert len(bench.messages()) == 1
    assert "broken" not in caplog.text
    assert bench.entries()["later"] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("meta", '{"last_run_at": "yesterday"}', id="a mark that is no time"),
        pytest.param("job", '{"v": 1, "catch_up": {"policy": "most", "within": 1}}', id="an unknown policy"),
        pytest.param("job", '{"v": 1, "priority": "high"}', id="a priority that is no number"),
        pytest.param("job", "[]", id="a job that is a list"),
        pytest.param("rev", "odd x y", id="a revision that is none"),
    ],
)
def test_a_job_whose_fields_were_spoilt_stops_nobody(bench: Bench, field: str, value: str) -> None:
    bench.write("jobs:\n  bad: {every: 1h, task: a.b}\n  good: {every: 1h, task: a.c}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.hset(PREFIX + "bad", field, value)
    bench.move("good", 3600)
    bench.redis.zincrby(PREFIX + ":schedule", -3600, PREFIX + "bad")

    for _ in range(2):
        beat.tick()

    assert "a.c" in [message["headers"]["task"] for message in bench.messages()]


def test_a_route_that_cannot_be_taken_fails_one_job_and_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.app.conf.task_create_missing_queues = False
    bench.write("jobs:\n  bad: {every: 1h, task: a.b, queue: nowhere}\n  good: {every: 1h, task: a.c}\n")
    beat = bench.beat()
    beat.tick()
    bench.move("bad", 3600)
    bench.move("good", 3600)

    for _ in range(3):
        beat.tick()

    assert [message["headers"]["task"] for message in bench.messages()] == ["a.c"]
    assert caplog.text.count("occurrence.failed job=bad") == 1


def test_an_entry_that_redis_refuses_is_said_once_and_does_not_keep_the_beat_busy(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("jobs:\n  bad: {every: 1h, task: a.b, queue: broken}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.set("broken", "not a list")
    bench.move("bad", 3600)

    assert all(beat.tick() > 0 for _ in range(5))

    assert caplog.text.count("occurrence.postponed job=bad") == 1


def test_more_jobs_than_are_kept_in_memory_are_all_dispatched(bench: Bench) -> None:
    bench.write("jobs:\n" + "".join(f"  job-{n}: {{every: 1h, task: a.b}}\n" for n in range(9)))
    beat = bench.beat()
    beat._definitions._bound = 3
    for _ in range(3):
        beat.tick()
        for number in range(9):
            bench.move(f"job-{number}", 3600)
        beat.tick()

    assert len(bench.messages()) == 27


def test_months_of_missed_minutes_of_a_foreign_entry_are_made_up_by_the_newest(bench: Bench) -> None:
    entry = RedBeatSchedulerEntry("theirs", "their.task", crontab(), app=bench.app)
    entry.last_run_at = datetime.now(UTC) - timedelta(days=90)
    entry.save()
    bench.write("jobs: {}\n")

    until(bench.beat(), bench.messages)

    occurrence = datetime.fromisoformat(bench.messages()[0]["headers"]["scheduler_occurrence"])
    assert datetime.now(UTC) - occurrence < timedelta(minutes=2)


def test_a_job_that_was_parked_by_a_beat_that_could_not_read_it_is_put_back(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX + "one": -1})

    bench.write("jobs:\n  one: {every: 1h, task: a.c}\n")
    until(beat, lambda: bench.entries()["one"] > 0)


def test_a_configmaps_symlink_swap_is_followed(bench: Bench) -> None:
    folder = bench.file.parent
    for version, task in (("..v1", "a.one"), ("..v2", "a.two")):
        (folder / version).mkdir()
        (folder / version / bench.file.name).write_text(f"jobs:\n  job: {{every: 1h, task: {task}}}\n")
    (folder / "..data").symlink_to("..v1")
    bench.file.symlink_to(f"..data/{bench.file.name}")
    beat = bench.beat()
    beat.tick()

    (folder / "..new").symlink_to("..v2")
    (folder / "..new").replace(folder / "..data")

    until(beat, lambda: "a.two" in bench.redis.hget(PREFIX + "job", "definition"))


def test_a_half_written_file_removes_no_job(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n  two: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()

    with bench.file.open("w") as file:
        file.write("jobs:\n  one: {every: 1h, task: a.c}\n")
        file.flush()
        beat.tick()
        assert set(bench.entries()) == {"one", "two"}
        file.write("  two: {every: 1h, task: a.c}\n")

    until(beat, lambda: "a.c" in bench.redis.hget(PREFIX + "two", "definition"))
    assert set(bench.entries()) == {"one", "two"}


def test_the_pools_of_the_file_are_installed(bench: Bench) -> None:
    bench.write("pools: {db: 2, api: 1, old: 3}\njobs: {}\n")
    beat = bench.beat()
    until(beat, lambda: bench.redis.hgetall(KEYS.pools) == {"db": "2", "api": "1", "old": "3"})

    bench.write("pools: {db: 5, api: 1}\njobs: {}\n")

    until(beat, lambda: bench.redis.hgetall(KEYS.pools) == {"db": "5", "api": "1"})


def test_a_file_is_carried_out_until_something_is_due_again(bench: Bench) -> None:
    bench.write("jobs: {}\n")
    beat = bench.beat()
    until(beat, lambda: bench.redis.exists(PREFIX + ":file"))
    jobs = [f"  job-{number}: {{every: 1h, task: a.b, description: a large file}}\n" for number in range(1_000)]
    bench.write("jobs:\n" + "".join(jobs))
    token = beat._leadership.token
    wait_for(lambda: beat._file.look(token) or bench.redis.exists(PREFIX + ":pending"), 30, "it to be staged")
    now = beat._clock.now()
    bench.redis.zadd(PREFIX + ":schedule", {PREFIX + "soon": now.timestamp() + 0.001})

    # One slice each, whatever time there would be, and the first turn is no exception.
    for turn in (1, 2):
        assert not beat._install(now)
        assert bench.redis.hlen(PREFIX + ":jobs") == turn * SLICE

    bench.redis.zrem(PREFIX + ":schedule", PREFIX + "soon")
    until(beat, lambda: bench.redis.hlen(PREFIX + ":jobs") == 1_000)
