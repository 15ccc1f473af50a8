"""A server that refuses while a beat starts, reads entries, or has a queue to which it may not push."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.exceptions import ResponseError

from scheduler.beat import postponed, scheduler
from tests.integration.bench import Bench, until

ONE = "jobs:\n  one: {every: 1h, task: a.b}\n"
MANY = 120


@contextmanager
def full(redis: Any) -> Iterator[None]:
    redis.config_set("maxmemory", "1")
    yield
    redis.config_set("maxmemory", "0")


@contextmanager
def demoted(redis: Any) -> Iterator[None]:
    redis.replicaof("127.0.0.1", "1")
    yield
    redis.replicaof("NO", "ONE")


@contextmanager
def closed(redis: Any) -> Iterator[None]:
    redis.config_set("requirepass", "another")
    yield
    redis.config_set("requirepass", "")


@pytest.mark.parametrize("outage", [full, demoted, closed])
def test_a_beat_that_starts_meanwhile_waits_and_then_leads(
    bench: Bench, caplog: pytest.LogCaptureFixture, outage: Any
) -> None:
    bench.write(ONE)
    # It has to be told the password for the time in which there is another.
    bench.redis.ping()
    with outage(bench.redis):
        beat = bench.beat()
        for _ in range(3):
            beat.tick()
        assert caplog.text.count("redis.refuses") == 1

    until(beat, lambda: set(bench.entries()) == {"one"})


def test_a_queue_that_is_closed_to_the_beat_is_said_for_some_jobs_and_counted_for_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write("jobs:\n" + "".join(f"  job-{one}: {{every: 1h, task: a.b}}\n" for one in range(MANY)))
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == MANY)
    bench.redis.set("celery\x06\x163", "no list")
    for one in range(MANY):
        bench.move(f"job-{one}", 3600)

    for _ in range(3):
        beat.tick()
    assert caplog.text.count("occurrence.postponed job=") == 50
    assert caplog.text.count("occurrence.postponed more=70") == 1

    bench.redis.delete("celery\x06\x163")
    until(beat, lambda: len(bench.messages()) == MANY)
    assert caplog.text.count("occurrence.resumed job=") == 50
    assert caplog.text.count("occurrence.resumed more=70") == 1


def test_very_many_jobs_whose_queue_is_closed_keep_nobody_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scheduler, "READ_AT_ONCE", 5)
    monkeypatch.setattr(postponed, "TRIED_AGAIN", 2)
    names = [f"job-{one}" for one in range(12)]
    others = "  other: {every: 1h, task: a.b, queue: open}\n  last: {every: 1h, task: a.b, queue: open}\n"
    bench.write("jobs:\n" + "".join(f"  {name}: {{every: 1h, task: a.b}}\n" for name in names) + others)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 14)
    bench.redis.set("celery\x06\x163", "no list")
    for name in names:
        bench.move(name, 3_700)
    bench.move("other", 3_600)

    until(beat, lambda: bench.redis.llen("open\x06\x163") == 1)
    assert all(beat.tick() > 0 for _ in range(8))
    bench.move("last", 3_600)
    beat.tick()
    assert bench.redis.llen("open\x06\x163") == 2
    # Each is tried again in its turn, and said once.
    assert caplog.text.count("occurrence.postponed job=") == 12

    bench.redis.delete("celery\x06\x163")
    until(beat, lambda: len(bench.messages()) == 12, passes=4)
    assert caplog.text.count("occurrence.resumed job=") == 12


def test_refused_jobs_that_are_removed_are_forgotten(bench: Bench) -> None:
    bench.write(ONE)
    beat = bench.beat()
    until(beat, lambda: bench.entries())
    bench.redis.set("celery\x06\x163", "no list")
    bench.move("one", 3600)
    beat.tick()
    assert beat._dispatcher is not None
    assert beat._dispatcher._postponed._refused

    bench.write("jobs: {}\n")
    until(beat, lambda: not bench.entries())
    beat.tick()

    assert not beat._dispatcher._postponed._refused


def test_an_entry_is_not_taken_for_broken_because_it_may_not_be_read(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write(ONE)
    bench.beat().tick()
    bench.move("one", 3600)
    due = bench.entries()["one"]
    # Its definition is known to the first one.
    bench.beats.pop().close()
    beat = bench.beat()
    bench.redis.execute_command("ACL", "SETUSER", "default", "-hmget")
    try:
        beat.tick()
        assert bench.entries()["one"] == due
        assert "pass.failed" in caplog.text
        assert "entry.broken" not in caplog.text
    finally:
        bench.redis.execute_command("ACL", "SETUSER", "default", "+@all")

    until(beat, bench.messages)


def test_a_server_that_was_demoted_is_left_for_the_one_to_which_the_address_leads(bench: Bench) -> None:
    bench.write(ONE)
    others = {one["id"] for one in bench.redis.client_list()}
    beat = bench.beat()
    beat.tick()
    connections = {one["id"] for one in bench.redis.client_list()} - others

    with demoted(bench.redis):
        with pytest.raises(ResponseError):
            bench.redis.set("a", "b")
        beat._leadership._renewed = float("-inf")
        beat.tick()
        left = {one["id"] for one in bench.redis.client_list()}

    assert connections
    assert not connections & left
