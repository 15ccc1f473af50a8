"""Scores are worked out by the data of the beat that leads."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.exceptions import NoPermissionError

from scheduler.store import extra, rescoring, schedule
from scheduler.store.clock import score
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.mark import mark_text
from scheduler.store.rescoring import Rescoring
from scheduler.timetable import stretches, tzdata_version, zones
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
    installed.redis.hset(PREFIX + "j5", "definition", "[" * 100_000)
    installed.redis.delete(PREFIX + "j4")
    installed.redis.set(PREFIX + "j4", "a text")
    token = installed.redis.get(KEYS.lock)
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})

    assert ours.begin() == {"tzdata": "1999.1"}
    while ours.step(token, 0.0):
        pass

    assert ours.moved == 447


def rescore(installed: Bench) -> Rescoring:
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})
    ours.begin()
    while ours.step(installed.redis.get(KEYS.lock), 0.0):
        pass
    return ours


def test_entries_of_a_later_version_are_worked_out_by_a_beat_that_can_read_them(
    installed: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = pretend(installed)
    later = FORM_VERSION + 1
    # Another text for each server: what was read once is kept.
    installed.redis.hset(PREFIX + "j3", "job", json.dumps({"v": later, "of": str(installed.file)}))

    assert rescore(installed).moved == 449
    assert rescore(installed).moved == 0
    assert installed.entries() == {**right, "j3": right["j3"] + 3_600}

    monkeypatch.setattr(extra, "FORM_VERSION", later)
    monkeypatch.setattr(rescoring, "FORM_VERSION", later)
    assert rescore(installed).moved == 1
    assert installed.entries() == right
    assert installed.redis.hgetall(KEYS.versions) == {"tzdata": tzdata_version()}


@contextmanager
def refused(installed: Bench, command: str) -> Iterator[None]:
    installed.redis.execute_command("ACL", "SETUSER", "default", f"-{command}")
    try:
        with pytest.raises(NoPermissionError):
            yield
    finally:
        installed.redis.execute_command("ACL", "SETUSER", "default", "+@all")


@pytest.mark.parametrize("command", ["zscan", "hmget", "eval"])
def test_an_error_on_the_way_leaves_no_entry_out(installed: Bench, command: str) -> None:
    right = pretend(installed)
    token = installed.redis.get(KEYS.lock)
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})
    ours.begin()

    assert ours.step(token, 0.0)
    with refused(installed, command):
        ours.step(token, 0.0)
    while ours.step(token, 0.0):
        pass

    assert installed.entries() == right


def test_a_beat_that_does_not_lead_any_more_stores_no_versions(installed: Bench) -> None:
    installed.redis.hset(KEYS.versions, "tzdata", "1999.1")
    ours = Rescoring(installed.redis, KEYS, installed.app, {"tzdata": tzdata_version()})

    ours.begin()
    while ours.step("another's token", 0.0):
        pass

    assert installed.redis.hget(KEYS.versions, "tzdata") == "1999.1"


AN_HOUR_AHEAD, TWO_AHEAD, NONE_AHEAD = "Etc/GMT-1", "Etc/GMT-2", "Etc/GMT"


@pytest.fixture
def zone_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what makes Berlin's clocks, in the version of the data from then on, those of another zone."""
    read = zones._content
    caches = (zones.zone, zones.zone_file, stretches.stretches, schedule._timetable)

    def forget() -> None:
        for cache in caches:
            cache.cache_clear()

    def become(other: str) -> None:
        content = read(other)
        monkeypatch.setattr(zones, "_content", lambda name: content)
        forget()

    yield become
    monkeypatch.undo()
    forget()


def day(number: int, hour: int) -> datetime:
    return datetime(2040, 1, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "ran", "due", "after", "expected"),
    [
        pytest.param(AN_HOUR_AHEAD, day(5, 8), day(6, 8), NONE_AHEAD, day(6, 9), id="later: not again on that day"),
        pytest.param(AN_HOUR_AHEAD, day(5, 8), day(6, 8), TWO_AHEAD, day(6, 7), id="earlier: on the next day"),
        pytest.param(AN_HOUR_AHEAD, day(5, 8), day(6, 8), AN_HOUR_AHEAD, day(6, 8), id="as it was"),
        pytest.param(AN_HOUR_AHEAD, day(5, 8), day(7, 8), AN_HOUR_AHEAD, day(6, 8), id="a day that came between"),
    ],
)
def test_what_ran_by_one_version_of_the_zones_does_not_run_again_by_another(
    bench: Bench,
    zone_data: Callable[[str], None],
    before: str,
    ran: datetime,
    due: datetime,
    after: str,
    expected: datetime,
) -> None:
    zone_data(before)
    bench.write("jobs:\n  one: {cron: '0 9 * * *', timezone: Europe/Berlin, task: x}\n")
    beat = bench.beat()
    until(beat, lambda: bench.redis.hlen(KEYS.versions) == 2)
    bench.redis.hset(KEYS.entry("one"), "meta", mark_text(ran))
    bench.redis.zadd(KEYS.schedule, {KEYS.entry("one"): score(due)})
    bench.redis.hset(KEYS.versions, "tzdata", "1999.1")

    zone_data(after)
    ours = Rescoring(bench.redis, KEYS, bench.app, {"tzdata": tzdata_version()})
    ours.begin()
    while ours.step(bench.redis.get(KEYS.lock), score(ran) + 1):
        pass

    assert bench.entries()["one"] == score(expected)
