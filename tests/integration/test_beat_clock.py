"""The one clock that decides what is due: the beat's, whatever the clock of its host shows."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from scheduler.store.entry import Entry
from tests.hand_clock import NAME, HandClock
from tests.integration.bench import PREFIX, Bench

NOON = datetime(2031, 7, 1, 12, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock(bench: Bench) -> HandClock:
    bench.app.conf.scheduler_clock = NAME
    bench.write("jobs:\n  hourly: {cron: '0 * * * *', task: a.b}\n")
    clock = HandClock(bench.redis)
    clock.put(NOON)
    return clock


def runs(bench: Bench) -> list[str]:
    return [message["headers"]["scheduler_run_id"] for message in bench.messages()]


def test_a_job_is_due_when_the_beats_clock_says_so_and_not_a_moment_before(bench: Bench, clock: HandClock) -> None:
    beat = bench.beat()
    beat.tick()
    due = NOON.replace(hour=13, second=0)
    clock.put(due - timedelta(milliseconds=1))
    beat.tick()
    assert runs(bench) == []

    clock.put(due)
    beat.tick()

    assert runs(bench) == ["hourly@2031-07-01T13:00:00Z"]


def test_an_entry_that_the_application_configured_counts_from_the_beats_clock(bench: Bench, clock: HandClock) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": HOUR}}

    bench.beat().tick()

    assert bench.entries()["theirs"] == (NOON + HOUR).timestamp()


def test_a_restart_leaves_the_mark_of_such_an_entry_alone(bench: Bench, clock: HandClock) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": HOUR}}
    first = bench.beat()
    first.tick()
    first.close()
    clock.put(NOON + HOUR / 2)

    bench.beat().tick()

    assert bench.entries()["theirs"] == (NOON + HOUR).timestamp()


def test_an_entry_that_never_ran_is_due_at_once_though_its_host_is_years_ahead(bench: Bench, clock: HandClock) -> None:
    with freeze_time("2040-01-01"):
        entry = Entry("theirs", "their.task", HOUR, app=bench.app)
        entry.last_run_at = None
        entry.save()
    bench.redis.hdel(PREFIX + "theirs", "meta")

    bench.beat().tick()

    assert runs(bench) == [f"theirs@{NOON:%Y-%m-%dT%H:%M:%SZ}"]
