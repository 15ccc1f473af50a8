"""Scores are worked out by the data of the beat that leads."""

from typing import Any

import pytest

from scheduler.store.keys import Keys
from scheduler.store.rescoring import Rescoring
from scheduler.timetable import tzdata_version
from tests.integration.bench import PREFIX, Bench, until

KEYS = Keys(PREFIX)
JOBS = "timezone: Europe/Berlin\njobs:\n" + "".join(
    f"  j{number}: {{cron: '30 3 1 1 *', task: x}}\n" for number in range(450)
)


@pytest.fixture
def installed(bench: Any) -> Bench:
    """Make a leader with jobs that run once a year."""
    bench.write(JOBS)
    until(bench.beat(), lambda: len(bench.entries()) == 450, passes=2_000)
    until(bench.beats[0], lambda: bench.redis.hlen(KEYS.versions) == 2, passes=2_000)
    return bench  # type: ignore[no-any-return]


def pretend(bench: Bench) -> dict[str, float]:
    """Let it seem that other data made the scores; returns the right ones."""
    right = bench.entries()
    for name in right:
        bench.redis.zincrby(KEYS.schedule, 3_600, PREFIX + name)
    bench.redis.hset(KEYS.versions, "tzdata", "1999.1")
    return right


def test_a_leader_with_other_data_works_all_scores_out_anew(installed: Bench) -> None:
    right = pretend(installed)
    installed.beats.pop().close()

    until(installed.beat(), lambda: installed.redis.hget(KEYS.versions, "tzdata") == tzdata_version(), passes=2_000)

    assert installed.entries() == right
    assert installed.messages() == []


def test_a_leader_with_the_same_data_leaves_the_scores_alone(installed: Bench) -> None:
    pretend(installed)
    installed.redis.hset(KEYS.versions, "tzdata", tzdata_version())
    moved = installed.entries()
    installed.beats.pop().close()

    beat = installed.beat()
    for _ in range(10):
        beat.tick()

    assert installed.entries() == moved


def test_what_is_due_stays_due_and_what_others_hold_is_not_touched(installed: Bench) -> None:
    installed.redis.hset(KEYS.versions, "tzdata", "1999.1")
    token = installed.redis.get(KEYS.lock)
    now = installed.entries()["j0"]
    installed.redis.zadd(KEYS.schedule, {PREFIX + "j1": now - 60})
    installed.redis.zadd(KEYS.schedule, {PREFIX + "j2": now + 60})
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})

    ours.begin()
    while ours.step("another's token", now - 1):
        pass
    assert installed.entries()["j2"] == now + 60

    ours.begin()
    while ours.step(token, now - 1):
        pass
    assert installed.entries()["j1"] == now - 60
    assert installed.entries()["j2"] == now
    assert ours.moved == 1


def test_broken_entries_and_those_of_an_application_do_not_stop_it(installed: Bench) -> None:
    pretend(installed)
    installed.redis.hset(PREFIX + "j3", "definition", "not JSON")
    installed.redis.delete(PREFIX + "j4")
    installed.redis.set(PREFIX + "j4", "a text")
    token = installed.redis.get(KEYS.lock)
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})

    assert ours.begin() == {"tzdata": "1999.1"}
    while ours.step(token, 0.0):
        pass

    assert ours.moved == 448
