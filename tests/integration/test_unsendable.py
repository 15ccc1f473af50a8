"""Occurrences whose message cannot be made: each ends in a row that says why, and keeps nobody from running.

Tried: a queue that the application does not have, a serializer that is not there, and routing functions that raise: at
one occurrence of three, with half a character in their words, with very many words.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.schedules import schedule
from redbeat import RedBeatSchedulerEntry

from tests.integration.bench import PREFIX, Bench


def rows(bench: Bench, job: str) -> list[dict[str, str]]:
    """Return the rows of a job's runs, oldest first."""
    runs = bench.redis.zrange(f"{PREFIX}:runs:{job}", 0, -1)
    return [bench.redis.hgetall(f"{PREFIX}:run:{run}") for run in runs]


def test_a_queue_that_the_application_does_not_have_ends_the_run_as_failed(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.app.conf.task_create_missing_queues = False
    bench.write("jobs:\n  bad: {every: 1h, task: a.b, queue: nowhere}\n  good: {every: 1h, task: a.c}\n")
    beat = bench.beat()
    beat.tick()
    following = bench.entries()["bad"]
    bench.move("bad", 3600)
    bench.move("good", 3600)

    before = datetime.now(UTC).timestamp() * 1000
    assert all(beat.tick() > 0 for _ in range(3))

    (row,) = rows(bench, "bad")
    assert (row["v"], row["state"], row["outcome"]) == ("1", "ended", "failed")
    assert row["reason"].startswith("its message could not be made:")
    assert "nowhere" in row["reason"]
    assert float(row["finished"]) == pytest.approx(before, abs=10_000)
    assert "dispatched" not in row
    assert [message["headers"]["task"] for message in bench.messages()] == ["a.c"]
    assert [row["state"] for row in rows(bench, "good")] == ["dispatched"]
    assert bench.entries()["bad"] == following
    assert "occurrence.dispatched job=bad" not in caplog.text


def test_a_serializer_that_is_not_there_ends_the_run_of_a_foreign_entry_as_failed(bench: Bench) -> None:
    entry = RedBeatSchedulerEntry(
        "theirs", "their.task", schedule(timedelta(hours=1)), options={"serializer": "morse"}, app=bench.app
    )
    entry.last_run_at = datetime.now(UTC) - timedelta(minutes=90)
    entry.save()
    bench.write("jobs: {}\n")
    beat = bench.beat()

    for _ in range(3):
        beat.tick()

    (row,) = rows(bench, "theirs")
    assert (row["outcome"], bench.messages()) == ("failed", [])
    assert "morse" in row["reason"]
    assert bench.entries()["theirs"] > datetime.now(UTC).timestamp()


def test_one_occurrence_of_three_that_fails_leaves_the_others_alone(bench: Bench) -> None:
    seen: list[str] = []

    def fail_the_second(name: str, args: Any, kwargs: Any, options: dict[str, Any], **_more: Any) -> None:
        seen.append(options["headers"]["scheduler_run_id"])
        if len(seen) == 2:
            raise ZeroDivisionError("half a character: \ud800")

    bench.app.conf.task_routes = (fail_the_second,)
    bench.write("jobs:\n  job: {every: 1h, task: a.b, catch_up: all}\n")
    beat = bench.beat()
    beat.tick()
    bench.move("job", 3 * 3600)

    for _ in range(3):
        beat.tick()

    sent = [message["headers"]["scheduler_run_id"] for message in bench.messages()]
    assert sent == [seen[0], seen[2]]
    assert len(seen) == 3
    row = bench.redis.hgetall(f"{PREFIX}:run:{seen[1]}")
    assert (row["state"], row["outcome"]) == ("ended", "failed")
    assert row["reason"] == "its message could not be made: ZeroDivisionError('half a character: \\ud800')"


def test_a_router_that_raises_a_whole_book_is_cut_short(bench: Bench) -> None:
    def route(name: str, *_arguments: Any, **_kwargs: Any) -> dict[str, str] | None:
        if name == "a.bad":
            raise RuntimeError("x" * 100_000)
        return None

    bench.app.conf.task_routes = (route,)
    bench.write("jobs:\n  bad: {every: 1h, task: a.bad}\n  good: {every: 1h, task: a.good}\n")
    beat = bench.beat()
    beat.tick()
    bench.move("bad", 3600)
    bench.move("good", 3600)

    beat.tick()

    (row,) = rows(bench, "bad")
    assert len(row["reason"]) == 1_000
    assert [message["headers"]["task"] for message in bench.messages()] == ["a.good"]
