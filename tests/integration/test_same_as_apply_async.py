"""What beat puts on the queues is, field by field, what `apply_async` with the same options and ids puts there.

Each case sends a message the plain way, then renders it in full, then fills a template where there is one, and compares
all that is in Redis afterwards: lists, priorities, bindings, times to live, published events.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery, Task
from celery.schedules import schedule
from kombu import Exchange, Queue
from kombu.common import Broadcast
from redis import Redis

from scheduler.beat.render import Renderer, RunNames
from scheduler.jobs.message import instant
from scheduler.store.commit import Message
from scheduler.store.entry import Entry
from scheduler.store.server import RedisUrl
from tests.integration import wire

# Attributes such as `queue` are on their way out of Celery, and are in many a project.
pytestmark = [
    pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning"),
    # What is sent does not depend on the kind of server.
    pytest.mark.parametrize("redis_url", ["valkey"], indirect=True),
]

NOW = datetime.now(UTC)
HOUR = datetime(2026, 1, 2, 3, tzinfo=UTC)
NAMES = RunNames.of("job", instant(HOUR), instant(HOUR - timedelta(hours=1)))
HEADERS = {
    "celery_beat_task": True,
    "scheduler_job": "job",
    "scheduler_run_id": "job@2026-01-02T03:00:00Z",
    "scheduler_occurrence": "2026-01-02T03:00:00Z",
    "scheduler_previous": "2026-01-02T02:00:00Z",
    "scheduler_v": 1,
}
LINK = {"task": "a.plain", "args": [1], "kwargs": {}, "options": {}, "subtask_type": None, "immutable": False}
TOPIC = Exchange("topic", type="topic")


def route_to_own(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_more: Any) -> dict[str, Any]:
    return {"queue": "by-function", "priority": 2}


class RouterOfTheOldKind:
    def route_for_task(self, task: str, args: Any = None, kwargs: Any = None) -> str:
        return "by-class"


class Overridden(Task):  # type: ignore[type-arg]
    def apply_async(self, *args: Any, **options: Any) -> Any:
        return super().apply_async(*args, **{**options, "queue": "overridden"})


def application(url: str, **conf: Any) -> Celery:
    """Return an application with tasks of many kinds."""
    app = Celery("theirs", set_as_current=False, broker=RedisUrl.parse(url).broker)
    app.conf.update(redbeat_redis_url=url, redbeat_redis_options={}, redbeat_key_prefix="scheduler:", **conf)
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "urgent": {"priority": 7},
        "queue": {"queue": "own"},
        "options": {"serializer": "yaml", "compression": "gzip", "time_limit": 5, "ignore_result": True},
        "expiring": {"expires": 50},
        "bound": {"bind": True},
        "overridden": {"base": Overridden},
    }
    for kind, options in kinds.items():
        app.task(name=f"a.{kind}", shared=False, **options)(_bound if options.get("bind") else _plain)
    return app


def _plain(x: int, y: str = "") -> None: ...


def _bound(self: Any, x: int, y: str = "") -> None: ...


TASKS = ["a.plain", "a.urgent", "a.queue", "a.options", "a.expiring", "a.bound", "a.overridden", "b.unknown"]

APPLICATIONS: dict[str, dict[str, Any]] = {
    "as Celery comes": {},
    "routes by name": {"task_routes": {"a.*": {"queue": "routed", "priority": 3}}},
    "routes by list": {"task_routes": ([("a.*", {"queue": "first"})], {"b.*": "second"})},
    "routes by function": {"task_routes": (route_to_own,)},
    "routes by class": {"task_routes": [RouterOfTheOldKind()]},
    "routes to an exchange": {
        "task_routes": {"a.*": {"exchange": "topic", "routing_key": "a.k"}},
        "task_queues": [
            Queue("celery"),
            Queue("one", TOPIC, routing_key="a.#"),
            Queue("two", TOPIC, routing_key="a.*"),
        ],
    },
    "queues with arguments": {
        "task_queues": [
            Queue("celery", queue_arguments={"x-expires": 60_000, "x-max-priority": 10}),
            Queue("own", expires=30),
        ]
    },
    "queues that expire, with a prefix": {
        "task_queues": [Queue("celery", expires=60)],
        "broker_transport_options": {"global_keyprefix": "theirs:"},
    },
    "a broadcast": {"task_queues": [Broadcast("all")], "task_routes": {"a.*": {"queue": "all", "exchange": "all"}}},
    "a broadcast with a prefix": {
        "task_queues": [Broadcast("all")],
        "task_routes": {"a.*": {"queue": "all", "exchange": "all"}},
        "broker_transport_options": {"global_keyprefix": "theirs:"},
    },
    "yaml": {"task_serializer": "yaml"},
    "pickle": {"task_serializer": "pickle", "accept_content": ["pickle"]},
    "compression": {"task_compression": "gzip"},
    "protocol 1": {"task_protocol": 1},
    "protocol 1, compressed": {"task_protocol": 1, "task_compression": "zlib"},
    "events": {"task_send_sent_event": True},
    "priorities": {"task_default_priority": 6, "task_queue_max_priority": 10},
    "priorities in ten steps": {"broker_transport_options": {"priority_steps": list(range(10)), "sep": ":"}},
    "transient": {"task_default_delivery_mode": "transient"},
    "a topic exchange by default": {
        "task_default_exchange": "topic",
        "task_default_exchange_type": "topic",
        "task_default_routing_key": "k.a",
    },
    "another default queue": {"task_default_queue": "theirs"},
    "quorum queues": {"task_default_queue_type": "quorum"},
    "a zone": {"timezone": "America/New_York"},
    "a zone without UTC": {"timezone": "America/New_York", "enable_utc": False},
    "results": {"result_backend": "cache+memory://", "task_ignore_result": False},
}

OPTIONS: dict[str, dict[str, Any]] = {
    "queue": {"queue": "slow"},
    "the most urgent": {"priority": 0},
    "in the middle": {"priority": 4},
    "the least urgent": {"priority": 9},
    "expires in seconds": {"expires": 60},
    "expires in a fraction": {"expires": 60.5},
    "expires at a time": {"expires": NOW + timedelta(hours=1)},
    "expires at a written time": {"expires": (NOW + timedelta(hours=1)).isoformat()},
    "expired": {"expires": NOW - timedelta(hours=1)},
    "countdown": {"countdown": 10},
    "no countdown": {"countdown": 0},
    "eta": {"eta": NOW + timedelta(hours=1)},
    "serializer yaml": {"serializer": "yaml"},
    "serializer pickle": {"serializer": "pickle"},
    "compression gzip": {"compression": "gzip"},
    "compression bzip2": {"compression": "bzip2"},
    "headers": {"headers": {"a": 1, "b": ["%s", "ü"]}},
    "no headers": {"headers": None},
    "headers of ours": {"headers": {"scheduler_timezone": "UTC", "scheduler_v": 1}},
    "link": {"link": LINK},
    "link_error": {"link_error": [LINK, LINK]},
    "chain": {"chain": [LINK]},
    "chord": {"chord": LINK},
    "limits": {"time_limit": 10, "soft_time_limit": 5.5},
    "shadow": {"shadow": "another.name"},
    "without result": {"ignore_result": True},
    "with result": {"ignore_result": False},
    "stamped": {"stamped_headers": ["stamp"], "stamp": "value"},
    "a task id of its own": {"task_id": "fixed"},
    "delivery mode": {"delivery_mode": 1},
    "an exchange": {"exchange": "other", "routing_key": "k"},
    "a topic exchange": {"exchange": "topic", "routing_key": "a.k", "exchange_type": "topic"},
    "a routing key": {"routing_key": "k"},
    "hidden arguments": {"argsrepr": "***", "kwargsrepr": "***"},
    "ids of others": {"root_id": "root", "parent_id": "parent", "group_id": "group", "group_index": 1},
    "reply_to": {"reply_to": "answers"},
    "retry": {"retry": True, "retry_policy": {"max_retries": 1}},
    "properties": {"correlation": "abc", "mandatory": True},
    "origin": {"origin": "elsewhere"},
}

Found = tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]


class Comparison:
    """One application on one server."""

    def __init__(self, url: str, conf: dict[str, Any]) -> None:
        self.app = application(url, **conf)
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.templates = 0

    def compare(self, task: str, options: dict[str, Any]) -> None:
        entry = Entry(
            name="job",
            task=task,
            args=[1],
            kwargs={"y": "ü %s"},
            schedule=schedule(timedelta(hours=1)),
            options=options,
            app=self.app,
        )
        plain = self._sent(entry)
        renderer = Renderer(self.app)
        assert self._committed(renderer.render(entry, None, NAMES, NOW.timestamp())) == plain
        template = renderer.template(entry)
        if template is not None:
            self.templates += 1
            assert self._committed(renderer.render(entry, template, NAMES, NOW.timestamp())) == plain
        renderer.close()

    def _sent(self, entry: Entry) -> Found:
        self.redis.flushdb()
        headers = {**(entry.options.get("headers") or {}), **HEADERS}
        options = {"task_id": NAMES.task_id, **entry.options, "headers": headers}
        with wire.published(self.redis) as published, self.app.connection_for_write() as connection:
            producer = self.app.amqp.Producer(connection, auto_declare=False)
            # Else kombu takes them for direct ones, and sends nothing.
            for queue in self.app.amqp.queues.values():
                if queue.exchange.type == "fanout":
                    queue.exchange(connection.default_channel).declare()
            task = self.app.tasks.get(entry.task)
            if task is not None:
                task.apply_async(entry.args, entry.kwargs, producer=producer, **options)
            else:
                self.app.send_task(entry.task, entry.args, entry.kwargs, producer=producer, **options)
        return wire.contents(self.redis), published

    def _committed(self, messages: Sequence[Message]) -> Found:
        for key in self.redis.scan_iter(_type="list"):
            self.redis.delete(key)
        commands = {"list": "LPUSH", "channel": "PUBLISH", "expiry": "PEXPIRE"}
        with wire.published(self.redis) as published:
            for one in messages:
                self.redis.execute_command(commands[one.target.kind], one.target.name, one.text)
        return wire.contents(self.redis), published

    def close(self) -> None:
        self.app.close()
        self.redis.close()


@pytest.mark.parametrize("conf", [pytest.param(conf, id=name) for name, conf in APPLICATIONS.items()])
def test_each_kind_of_task_is_sent_as_its_application_would(redis_url: str, conf: dict[str, Any]) -> None:
    comparison = Comparison(redis_url, conf)
    for task in TASKS:
        comparison.compare(task, {})
    comparison.close()


@pytest.mark.parametrize("options", [pytest.param(options, id=name) for name, options in OPTIONS.items()])
def test_each_option_of_an_entry_is_one_of_apply_async(redis_url: str, options: dict[str, Any]) -> None:
    # Celery's protocol 1 has no chains.
    others = () if "chain" in options else ("protocol 1", "protocol 1, compressed")
    for name in ("as Celery comes", "routes to an exchange", "queues with arguments", *others):
        comparison = Comparison(redis_url, APPLICATIONS[name])
        for task in ("a.plain", "a.expiring", "b.unknown"):
            comparison.compare(task, options)
        comparison.close()


def test_the_ordinary_message_is_filled_into_a_template(redis_url: str) -> None:
    comparison = Comparison(redis_url, {})
    comparison.compare("a.plain", {"queue": "slow", "priority": 4, "headers": {"scheduler_timezone": "UTC"}})
    comparison.compare("b.unknown", {})
    assert comparison.templates == 2
    comparison.close()
