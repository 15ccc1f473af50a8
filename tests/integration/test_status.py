"""What `scheduler status` finds on a real server, and how much of it it reads."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.store.clock import RedisClock, score
from scheduler.store.condition import Condition
from scheduler.store.keys import Keys
from scheduler.store.presence import Presence, announce, read_presences
from scheduler.store.queues import note_used
from scheduler.store.status import Status, read_status
from tests.integration.bench import PREFIX, Bench, until
from tests.integration.store_bench import StoreBench, at

KEYS = Keys(PREFIX)
ENDLESS = "[" * 100_000
JOBS = """
jobs:
  one: {every: 1h, task: a.b}
  slow: {every: 1h, task: a.b, queue: slow}
  slower: {every: 1h, task: a.b, queue: slow}
  rests: {every: 1h, task: a.b, queue: gpu, enabled: false}
  over: {at: "2020-01-01T00:00", task: a.b, queue: past}
"""


def look(bench: Bench) -> Status:
    return read_status(bench.redis, KEYS, bench.app)


def test_beats_tell_who_they_are_how_late_they_are_and_of_their_file(bench: Bench) -> None:
    bench.write(JOBS)
    beat, standby = bench.beat(), bench.beat()
    until(beat, lambda: len(bench.entries()) == 5)
    standby.tick()
    bench.move("one", 3_600)
    beat.tick()
    beat._leadership._announced = float("-inf")
    until(beat, lambda: look(bench).lag)

    found = look(bench)

    assert sorted(one.state for one in found.beats) == ["leader", "standby"]
    assert found.leader is not None
    assert found.leader.name == beat._leadership.name
    assert found.lag is not None
    assert found.lag.dispatches == 1
    assert (found.jobs, found.entries, found.due) == (5, 5, 0)
    assert found.file is not None
    assert (found.file.path, found.file.by) == (str(bench.file), beat._leadership.name)
    assert found.leader.file is not None
    assert found.leader.file.jobs == 5


def test_queues_are_those_that_jobs_go_to_and_those_in_which_messages_wait(bench: Bench) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "a.b", "schedule": 3_600.0, "options": {"queue": "theirs"}}}
    bench.write(JOBS)
    until(bench.beat(), lambda: len(bench.entries()) == 6)
    note_used(bench.redis, KEYS, ["left", "empty"])
    bench.redis.lpush("left\x06\x166", "{}")
    now = bench.beats[0]._clock.now().timestamp()
    announce(bench.redis, KEYS.workers, Presence("w", "h", 1, now, now, "ready", queues=("slow",)))

    found = {one.name: (one.messages, one.workers, one.has_jobs) for one in look(bench).queues}

    assert found == {
        "celery": (0, (), True),
        "left": (1, (), False),
        "slow": (0, ("w",), True),
        "theirs": (0, (), True),
    }


def test_queues_follow_what_the_file_says(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 5)

    bench.write("jobs:\n  one: {every: 1h, task: a.b, queue: other}\n")
    until(beat, lambda: len(bench.entries()) == 1)

    assert [one.name for one in look(bench).queues] == ["other"]


def test_what_is_due_and_since_when(store: StoreBench) -> None:
    store.install("  a: {every: 1h, task: x}\n  b: {every: 1h, task: x}", at("10:20"))
    now = at("11:00")
    seconds, micros = store.redis.time()
    passed = seconds + micros / 1e6 - 90
    store.redis.zadd(KEYS.schedule, {KEYS.entry("a"): passed})
    store.redis.zadd(KEYS.schedule, {KEYS.entry("b"): score(now) + 1e9})

    found = read_status(store.redis, KEYS, Bench(url_of(store), Path("nowhere")).app)

    assert (found.due, found.entries) == (1, 2)
    assert timedelta(seconds=89) < found.overdue < timedelta(seconds=120)
    assert [name for name, _ in found.next_dispatches] == ["a", "b"]


def url_of(store: StoreBench) -> str:
    return f"unix://{store.redis.connection_pool.connection_kwargs['path']}?db=0"


def test_a_broken_entry_is_named_and_a_disabled_one_is_not(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 5)
    bench.redis.hset(KEYS.entry("one"), "definition", "{}")
    bench.redis.hset(KEYS.entry("one"), "rev", "")
    bench.redis.zadd(KEYS.schedule, {KEYS.entry("one"): 1})
    beat.tick()

    assert [one.name for one in look(bench).unreadable.broken] == ["one"]


def test_what_is_nested_without_end_is_passed_by(bench: Bench) -> None:
    bench.write(JOBS)
    beat = bench.beat()
    until(beat, lambda: len(bench.entries()) == 5)
    bench.redis.hset(KEYS.entry("one"), mapping={"definition": ENDLESS, "rev": ""})
    bench.redis.zadd(KEYS.schedule, {KEYS.entry("one"): 1})
    bench.redis.hset(KEYS.file, "queues", ENDLESS)
    bench.redis.sadd(KEYS.statics, "one")
    for key in (KEYS.workers, KEYS.beats):
        bench.redis.hset(key, mapping={"deep": ENDLESS, "endless": '{"since": 0, "seen": 1e400, "form": 1e400}'})
    bench.redis.lpush("celery", ENDLESS)
    bench.redis.lpush("slow", f'{{"headers": {ENDLESS}')
    note_used(bench.redis, KEYS, ["celery", "slow"])

    found = look(bench)

    assert [(one.name, one.problem[:50]) for one in found.unreadable.broken] == [
        ("one", "the stored entry cannot be read: it is nested too ")
    ]
    assert {one.name: (one.messages, one.oldest) for one in found.queues} == {"celery": (1, None), "slow": (1, None)}
    assert [one.name for one in found.beats] == [beat._leadership.name]


def test_a_process_has_the_name_under_which_it_is_found(bench: Bench) -> None:
    now = RedisClock(bench.redis).now()
    announce(bench.redis, KEYS.workers, Presence("w", "h", 1, now.timestamp(), now.timestamp(), "ready"))
    odd = bench.redis.hget(KEYS.workers, "w").replace('"w"', "7")
    bench.redis.hset(KEYS.workers, "odd", odd)

    assert [one.name for one in read_presences(bench.redis, KEYS.workers, now)] == ["odd", "w"]


def test_the_server_says_how_it_keeps_what_it_is_given(bench: Bench) -> None:
    bench.redis.config_set("maxmemory", 100 * 2**20)
    bench.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        server = look(bench).server
    finally:
        bench.redis.config_set("maxmemory", 0)
        bench.redis.config_set("maxmemory-policy", "noeviction")

    assert isinstance(server, Condition)
    assert (server.memory_limit, server.eviction_policy) == (100 * 2**20, "allkeys-lru")
    assert server.memory_used
    assert (server.appends_to_file, server.is_replica, server.persistence_fails) == (False, False, False)


class Counting:
    """A client that notes the largest answer to any of its commands."""

    def __init__(self, client: Any) -> None:
        self.largest = 0
        self._parse = client.parse_response
        client.parse_response = self._note

    def _note(self, *arguments: Any, **options: Any) -> Any:
        answer = self._parse(*arguments, **options)
        self.largest = max(self.largest, len(answer) if isinstance(answer, list | dict | set | tuple) else 1)
        return answer


@pytest.mark.parametrize("state", ["installed", "disabled", "due"])
def test_no_answer_grows_with_the_number_of_jobs(bench: Bench, state: str) -> None:
    bench.write("jobs:\n  job: {every: 1h, task: a.b}\n")
    until(bench.beat(), lambda: len(bench.entries()) == 1)
    entry, revision = bench.redis.hgetall(KEYS.entry("job")), bench.redis.hget(KEYS.jobs, "job")
    at_ = {"installed": 4e9, "disabled": -1.0, "due": 1.0}[state]
    pipe = bench.redis.pipeline(transaction=False)
    for number in range(5_000):
        pipe.hset(KEYS.entry(f"job-{number}"), mapping=entry)
        pipe.hset(KEYS.jobs, f"job-{number}", revision)
        pipe.zadd(KEYS.schedule, {KEYS.entry(f"job-{number}"): at_})
    pipe.execute()
    client: Any = Redis(connection_pool=bench.redis.connection_pool)
    counting = Counting(client)

    found = read_status(client, KEYS, bench.app)

    assert (found.jobs, found.entries) == (5_001, 5_001)
    assert counting.largest <= 1_000


def test_a_file_of_an_earlier_version_has_no_count_of_its_queues(bench: Bench) -> None:
    bench.write(JOBS)
    until(bench.beat(), lambda: len(bench.entries()) == 5)
    bench.redis.hdel(KEYS.file, "queues")

    assert look(bench).queues == ()
    bench.redis.hset(KEYS.file, "queues", json.dumps(["of another form"]))
    assert look(bench).queues == ()
