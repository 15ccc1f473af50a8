"""Beat sends through its application: its signals, its queues and its protocol, in one step with the advance."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import signals
from celery.schedules import schedule
from kombu import Exchange, Queue
from redbeat import RedBeatSchedulerEntry

from scheduler.jobs.message import task_id
from tests.integration.bench import PREFIX, Bench, until

TWO = "jobs:\n  one: {every: 1h, task: a.b}\n  two: {every: 1h, task: a.b}\n"


def dispatch(bench: Bench, text: str, *names: str) -> None:
    """Install the file, and let one occurrence of each job be due and dispatched."""
    bench.write(text)
    beat = bench.beat()
    beat.tick()
    for name in names:
        bench.move(name, 3600)
    beat.tick()


def nothing() -> None:
    """Do it."""


@pytest.fixture
def signal() -> Iterator[Any]:
    """Connect receivers for the length of a test."""
    connected = []

    def connect(which: Any, receiver: Any) -> None:
        which.connect(receiver)
        connected.append((which, receiver))

    yield connect
    for which, receiver in connected:
        which.disconnect(receiver)


def test_receivers_of_before_task_publish_see_and_change_each_message(bench: Bench, signal: Any) -> None:
    seen = []

    def receive(sender: str, headers: dict[str, Any], body: Any, routing_key: str, **_more: Any) -> None:
        seen.append((sender, headers["scheduler_run_id"], headers["id"], routing_key))
        headers["tenant"] = headers["scheduler_job"].upper()

    signal(signals.before_task_publish, receive)
    dispatch(bench, TWO, "one", "two")

    messages = bench.messages()
    assert [message["headers"]["tenant"] for message in messages] == ["ONE", "TWO"]
    names = [(message["headers"]["scheduler_run_id"], message["headers"]["id"]) for message in messages]
    assert seen == [("a.b", *name, "celery") for name in names]


def test_receivers_of_after_task_publish_are_told_of_each_message(bench: Bench, signal: Any) -> None:
    told = []

    def receive(sender: str, headers: dict[str, Any], **_more: Any) -> None:
        told.append(headers["scheduler_run_id"])

    signal(signals.after_task_publish, receive)
    dispatch(bench, TWO, "one", "two")

    assert told == [message["headers"]["scheduler_run_id"] for message in bench.messages()]


def test_a_server_that_forgot_kombus_queues_is_told_of_them_again(bench: Bench, signal: Any) -> None:
    # Each message is built in full, and goes where the server says that a queue is bound.
    signal(signals.before_task_publish, lambda **_said: None)
    bench.app.conf.task_queues = [Queue("celery", Exchange("topics", type="topic"), routing_key="#")]
    dispatch(bench, TWO, "one", "two")
    assert len(bench.messages()) == 2
    bench.redis.flushall()
    (beat,) = bench.beats
    until(beat, lambda: set(bench.entries()) == {"one", "two"})

    bench.move("one", 3600)
    until(beat, bench.messages)

    assert [message["headers"]["scheduler_job"] for message in bench.messages()] == ["one"]
    assert not bench.redis.exists(f"{PREFIX}:outcome:failed")


def test_each_run_has_its_own_task_id_in_protocol_1_too(bench: Bench) -> None:
    bench.app.conf.task_protocol = 1
    dispatch(bench, TWO, "one", "two")

    bodies = [json.loads(base64.b64decode(message["body"])) for message in bench.messages()]
    runs = [message["headers"]["scheduler_run_id"] for message in bench.messages()]
    assert [body["id"] for body in bodies] == [task_id(run) for run in runs]
    assert [run.partition("@")[0] for run in runs] == ["one", "two"]


def test_a_queue_that_expires_unused_is_given_its_time_with_each_message(bench: Bench) -> None:
    bench.app.conf.task_queues = [Queue("celery"), Queue("short", expires=60)]
    dispatch(bench, "jobs:\n  one: {every: 1h, task: a.b, queue: short}\n", "one")

    assert bench.redis.llen("short\x06\x163") == 1
    assert 50_000 < bench.redis.pttl("short\x06\x163") <= 60_000
    assert (
        bench.redis.hget(f"{PREFIX}:run:{bench.redis.zrange(PREFIX + ':runs:one', 0, -1)[0]}", "state") == "dispatched"
    )


def test_beat_subscribes_to_no_result(bench: Bench) -> None:
    bench.redis.config_resetstat()
    bench.app.conf.result_backend = bench.app.conf.broker_url
    bench.app.conf.task_ignore_result = False
    bench.app.task(name="a.b", shared=False)(nothing)
    dispatch(bench, TWO, "one", "two")

    assert [message["headers"]["ignore_result"] for message in bench.messages()] == [False, False]
    assert "cmdstat_subscribe" not in bench.redis.info("commandstats")


def test_an_entry_of_redbeats_api_carries_our_headers_beside_its_own(bench: Bench) -> None:
    options = {"headers": {"tenant": "blue"}, "queue": "celery"}
    entry = RedBeatSchedulerEntry("theirs", "their.task", schedule(timedelta(hours=1)), options=options, app=bench.app)
    entry.last_run_at = datetime.now(UTC) - timedelta(minutes=90)
    entry.save()
    bench.write("jobs: {}\n")

    until(bench.beat(), bench.messages)

    headers = bench.messages()[0]["headers"]
    assert headers["tenant"] == "blue"
    assert headers["scheduler_job"] == "theirs"
    assert headers["scheduler_v"] == 1
    assert headers["celery_beat_task"] is True
    assert headers["id"] == task_id(headers["scheduler_run_id"])


def test_jobs_due_at_one_instant_leave_in_order_of_priority_and_then_of_name(bench: Bench) -> None:
    priorities = {"b": 5, "a": 5, "z": 9, "y": 9, "m": 0, "k": 6}
    jobs = "".join(f"  {name}: {{every: 1h, task: a.b, priority: {value}}}\n" for name, value in priorities.items())
    sent = []

    def route(name: str, args: Any, kwargs: Any, options: dict[str, Any], **_more: Any) -> None:
        sent.append(options["headers"]["scheduler_job"])

    bench.app.conf.task_routes = (route,)
    dispatch(bench, "jobs:\n" + jobs, *priorities)

    assert sent == ["y", "z", "k", "a", "b", "m"]
    # 9 is the most urgent in the file; Celery's Redis transport serves the lowest number first.
    steps = {"": ["y", "z"], "\x06\x163": ["k", "a", "b"], "\x06\x169": ["m"]}
    for suffix, names in steps.items():
        found = [json.loads(text) for text in bench.redis.lrange(f"celery{suffix}", 0, -1)]
        assert [one["headers"]["scheduler_job"] for one in reversed(found)] == names
        assert {one["properties"]["priority"] for one in found} == {9 - priorities[name] for name in names}


def test_tasks_that_would_run_inside_of_beat_are_refused(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.app.conf.task_always_eager = True
    bench.write(TWO)

    with pytest.raises(SystemExit):
        bench.beat()

    assert "beat.refused reason='task_always_eager is set" in caplog.text


CLEANUP = "jobs:\n  tidy: {every: 1h, cleanup: {files: {path: old, older_than: 1d}}}\n"


@pytest.fixture
def without_our_tasks(bench: Bench) -> None:
    """Other tests import our tasks, which are shared by all applications of a process."""
    dict.pop(bench.app.tasks, "scheduler.cleanup", None)


@pytest.mark.usefixtures("without_our_tasks")
def test_a_cleanup_goes_to_our_own_workers_where_the_application_has_no_such_task(bench: Bench) -> None:
    dispatch(bench, CLEANUP, "tidy")

    assert bench.redis.llen("scheduler\x06\x163") == 1


@pytest.mark.usefixtures("without_our_tasks")
def test_a_route_of_the_application_says_where_a_cleanup_goes(bench: Bench) -> None:
    bench.app.conf.task_routes = {"scheduler.*": {"queue": "theirs"}}
    dispatch(bench, CLEANUP, "tidy")

    assert bench.redis.llen("theirs\x06\x163") == 1


@pytest.mark.usefixtures("without_our_tasks")
def test_a_cleanup_goes_where_the_applications_tasks_go_if_it_has_that_task(bench: Bench) -> None:
    bench.app.task(name="scheduler.cleanup", shared=False, typing=False)(nothing)
    dispatch(bench, CLEANUP, "tidy")

    assert bench.redis.llen("celery\x06\x163") == 1
