"""Overlap and pools hold whatever becomes of a run's message on its way to kombu's lists."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from kombu import Exchange, Queue

from scheduler.store.queues import note_ledgered
from tests.integration.bench import Bench
from tests.integration.test_beat_ledger import HOUR, JOB, KEYS, Leader

PREFIXED = {"global_keyprefix": "theirs:"}
IN_TEN_STEPS = {"priority_steps": list(range(10)), "sep": ":"}
EXPIRING = [Queue("celery", expires=3_600)]
BOTH = Exchange("both", type="direct")
TWO_QUEUES = [Queue("celery", BOTH, routing_key="k"), Queue("other", BOTH, routing_key="k")]
TO_BOTH = {"some.task": {"exchange": "both", "routing_key": "k"}}

BROKERS: dict[str, dict[str, Any]] = {
    "a prefix": {"broker_transport_options": PREFIXED},
    "other steps of priority": {"broker_transport_options": IN_TEN_STEPS},
    "a queue that expires": {"task_queues": EXPIRING},
    "a queue that expires, with a prefix": {"task_queues": EXPIRING, "broker_transport_options": PREFIXED},
    "two queues": {"task_queues": TWO_QUEUES, "task_routes": TO_BOTH},
}
every_broker = pytest.mark.parametrize("conf", BROKERS.values(), ids=BROKERS.keys())


def leader(bench: Bench, text: str, conf: Mapping[str, Any]) -> Leader:
    configure(bench, conf)
    note_ledgered(bench.redis, KEYS, ["other"])
    return Leader(bench, text)


def configure(bench: Bench, conf: Mapping[str, Any]) -> None:
    bench.app.conf.update(conf)
    # As their workers did at their start.
    connection: Any
    with bench.app.connection_for_write() as connection:
        for queue in conf.get("task_queues", ()):
            queue(connection.default_channel).declare()


def lying(bench: Bench) -> int:
    """Return how many messages lie on kombu's lists."""
    kinds = {key: bench.redis.type(key) for key in bench.redis.keys("*")}
    return sum(bench.redis.llen(key) for key, kind in kinds.items() if kind == "list")


@every_broker
def test_a_run_is_skipped_while_one_before_it_has_not_ended(bench: Bench, conf: Mapping[str, Any]) -> None:
    beat = leader(bench, JOB, conf)
    beat.pass_by()
    lay = lying(bench)
    beat.pass_by()
    assert beat.states() == ["queued", "skipped"]
    assert lying(bench) == lay


@every_broker
def test_a_run_waits_for_the_one_before_it(bench: Bench, conf: Mapping[str, Any]) -> None:
    beat = leader(bench, JOB + "    overlap: queue\n", conf)
    beat.pass_by()
    lay = lying(bench)
    beat.pass_by()
    first, _ = beat.rows()
    assert beat.states() == ["queued", "waiting"]
    beat.end(beat.start(first))
    assert beat.states() == ["succeeded", "queued"]
    assert lying(bench) == lay + 1


@every_broker
def test_a_run_takes_the_place_of_the_one_before_it(bench: Bench, conf: Mapping[str, Any]) -> None:
    beat = leader(bench, JOB + "    overlap: replace\n", conf)
    beat.pass_by()
    beat.pass_by()
    assert beat.states() == ["cancelled", "queued"]


@every_broker
def test_a_pool_holds_back_what_does_not_fit(bench: Bench, conf: Mapping[str, Any]) -> None:
    jobs = "".join(f"  {name}: {{cron: '0 * * * *', task: some.task, uses: db}}\n" for name in "abc")
    beat = leader(bench, f"pools: {{db: 2}}\njobs:\n{jobs}", conf)
    beat.pass_by()
    rows = [row for name in "abc" for row in beat.rows(name)]
    assert sorted(row.state for row in rows) == ["queued", "queued", "waiting"]


def test_a_queue_that_expires_does_so_with_what_was_put_there(bench: Bench) -> None:
    beat = leader(bench, JOB, BROKERS["a queue that expires"])
    beat.pass_by()
    (key,) = [key for key in bench.redis.keys("celery*") if bench.redis.type(key) == "list"]
    assert bench.redis.pttl(key) > 3_500_000


def test_runs_meet_each_other_though_no_message_could_be_made_of_one(bench: Bench) -> None:
    def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_more: Any) -> Any:
        occurrence = options["headers"]["scheduler_occurrence"]
        if occurrence.endswith("14:00:00Z"):
            raise ValueError("there is no queue for this hour")
        return {"queue": "celery"}

    text = JOB + "    overlap: queue\n    catch_up: all\n    uses: db\npools: {db: 1}\n"
    beat = leader(bench, text, {"task_routes": (route,)})
    beat.pass_by(3 * HOUR)
    assert sorted(beat.states()) == ["failed", "queued", "waiting"]
    first = next(row for row in beat.rows() if row.state == "queued")
    beat.end(beat.start(first))
    assert sorted(beat.states()) == ["failed", "queued", "succeeded"]


def test_it_is_said_where_the_workers_of_one_queue_of_a_run_keep_no_ledger(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    configure(bench, BROKERS["two queues"])
    beat = Leader(bench, JOB)
    with caplog.at_level(logging.ERROR):
        beat.pass_by()
        beat.pass_by()
        beat.pass_by(timedelta(hours=2))
    said = [one.getMessage() for one in caplog.records]
    assert [one for one in said if one.startswith("job.apart job=a reason=")] == said[-1:]
    assert "skipped" not in beat.states()
