"""The one clock that decides what is due: the beat's, whatever the clock of its host shows."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from scheduler.store.clock import RedisClock
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


def behind(clock: RedisClock) -> timedelta:
    """Return how far the clock is behind the server's, which is this host's here."""
    shown = clock.now()
    return datetime.now(UTC) - shown


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


def test_an_answer_that_a_hanging_server_gave_late_puts_the_clock_neither_ahead_nor_back(bench: Bench) -> None:
    clock = RedisClock(bench.redis)
    clock.sync()
    bench.redis.client_pause(400, all=True)

    clock.sync()

    assert timedelta(0) <= behind(clock) < timedelta(seconds=1)


def test_a_clock_follows_a_server_whose_own_clock_was_put_back(bench: Bench) -> None:
    clock = RedisClock(bench.redis)
    clock.sync()
    assert clock._offset is not None
    clock._offset += 3600
    bench.redis.client_pause(100, all=True)

    clock.sync()

    assert timedelta(0) <= behind(clock) < timedelta(seconds=1)
