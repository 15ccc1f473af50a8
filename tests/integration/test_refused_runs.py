"""Runs that are to go on a queue again which refuses them: none is lost, and no other waits for them."""

import logging

import pytest
from redis.exceptions import OutOfMemoryError

from scheduler.beat.caretaker import SILENT_SECONDS, Caretaker
from scheduler.store.runs.claim import LEASE, Claimed
from scheduler.store.runs.enqueue import Traits
from scheduler.store.runs.tend import REFUSED, UNCLAIMED
from scheduler.store.runs.trim import Retention
from tests.integration.test_ledger import KEYS, LIST, RUN, SECOND, Place, place

__all__ = ["place"]

OTHER = "other@2026-01-02T12:00:00Z"
OTHER_LIST = "reports\x06\x163"
IN_POOL = Traits(uses=(("db", 1),))
WORDS = f"{LIST}: WRONGTYPE"


def close_queue(place: Place) -> None:
    place.client.set(LIST, "no list")


def use_queue(place: Place, run_id: str, name: str) -> None:
    place.client.hset(KEYS.run(run_id), "list", name)


def told(place: Place) -> list[str]:
    return [words[: len(WORDS)] for words in place.tending.refusals()]


def test_a_retry_is_tried_again_until_its_queue_takes_it(place: Place) -> None:
    place.send(RUN, Traits(reruns=3))
    assert isinstance(place.claim(RUN), Claimed)
    close_queue(place)
    place.pass_by(LEASE + SECOND)
    assert place.tend().lost == {RUN: "rerun"}
    assert told(place) == [WORDS]
    assert place.tend().retried == ()
    assert told(place) == []

    place.pass_by(REFUSED)
    assert place.tend().retried == ()
    assert told(place) == [WORDS]
    place.client.delete(LIST)
    place.pass_by(REFUSED)

    assert place.tend().retried == (RUN,)
    assert place.queued() == [RUN]


def test_a_run_that_left_a_pools_line_for_a_closed_queue_keeps_no_slot_and_nobody_waiting(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 1)
    place.send(RUN, IN_POOL)
    place.pass_by(SECOND)
    place.send(OTHER, IN_POOL)
    use_queue(place, OTHER, OTHER_LIST)
    close_queue(place)

    assert place.tending.release(place.now) == (OTHER,)
    assert told(place) == [WORDS]
    assert place.client.hgetall(f"{KEYS.prefix}:pool:db") == {OTHER: "1"}
    assert place.row(RUN).reason.startswith(WORDS)

    claim = place.claim(OTHER)
    assert isinstance(claim, Claimed)
    place.client.delete(LIST)
    place.pass_by(REFUSED)
    place.tend()
    assert place.tending.release(place.now) == ()
    place.client.hdel(f"{KEYS.prefix}:pool:db", OTHER)
    place.client.sadd(KEYS.look, "pdb")
    assert place.tending.release(place.now) == (RUN,)
    claim = place.claim(RUN)
    assert isinstance(claim, Claimed)
    assert (claim.attempt, place.row(RUN).reason) == (1, None)


def test_what_vanished_from_a_queue_that_is_closed_now_is_sent_again_later(place: Place) -> None:
    place.send(RUN)
    place.send(OTHER)
    use_queue(place, OTHER, OTHER_LIST)
    place.client.zrem(f"{KEYS.prefix}:waiting:{LIST}", OTHER)
    place.client.zadd(f"{KEYS.prefix}:waiting:{OTHER_LIST}", {OTHER: place.now.timestamp() * 1_000})
    close_queue(place)
    place.pass_by(UNCLAIMED + SECOND)

    tended = place.tending.tend(place.now, [LIST, OTHER_LIST])

    assert tended.missing == (OTHER,)
    assert told(place) == [WORDS]
    place.client.delete(LIST)
    assert place.tend().missing == (RUN,)


@pytest.mark.parametrize("held", [False, True])
def test_a_full_server_leaves_everything_as_it_was(place: Place, held: bool) -> None:
    place.client.hset(KEYS.pools, "db", 1)
    place.send(RUN, IN_POOL if held else Traits(reruns=3))
    if not held:
        assert isinstance(place.claim(RUN), Claimed)
        place.pass_by(LEASE + SECOND)
    before = {key: place.client.dump(key) for key in place.client.keys("*")}
    place.client.config_set("maxmemory", "1")

    try:
        with pytest.raises(OutOfMemoryError):
            place.tending.release(place.now) if held else place.tend()
    finally:
        place.client.config_set("maxmemory", "0")

    assert {key: place.client.dump(key) for key in place.client.keys("*")} == before
    assert place.tending.release(place.now) == (RUN,) if held else place.tend().retried == (RUN,)


def test_the_leader_says_once_what_is_refused_and_goes_on(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    caretaker = Caretaker(place.client, KEYS, Retention(), monotonic=lambda: now[0])
    place.client.hset(KEYS.pools, "db", 1)
    place.send(RUN, IN_POOL)
    close_queue(place)
    caplog.set_level(logging.INFO)

    for _ in range(30):
        caretaker.turn(place.now)
        now[0] += REFUSED.total_seconds()
        place.pass_by(REFUSED)
    assert caplog.text.count(f"run.refused run={RUN} error='scheduler") == 1

    place.client.delete(LIST)
    caretaker.turn(place.now)
    caretaker.turn(place.now)
    assert place.queued() == [RUN]
    now[0] += 2 * SILENT_SECONDS
    close_queue(place)
    place.send(OTHER, IN_POOL)
    place.client.delete(f"{KEYS.prefix}:pool:db")
    caretaker.turn(place.now)
    assert caplog.text.count("run.refused") == 2


def test_however_many_newer_runs_are_due_the_others_have_their_turn(place: Place) -> None:
    place.start(RUN)
    pipe = place.client.pipeline()
    for number in range(500):
        newer = f"newer-{number}@2026-01-02T12:00:00Z"
        pipe.hset(KEYS.run(newer), mapping={"v": "1000", "state": "running"})
        for name in ("leases", "retries", "expiring"):
            pipe.zadd(f"{KEYS.prefix}:{name}", {newer: 1})
        pipe.zadd(f"{KEYS.prefix}:waiting:{LIST}", {newer: 1})
    pipe.execute()
    place.send(OTHER)
    place.client.delete(LIST)
    place.pass_by(UNCLAIMED + SECOND)

    tended = place.tend()

    assert (tended.lost, tended.missing) == ({RUN: "lost"}, (OTHER,))
    assert place.client.zcard(f"{KEYS.prefix}:leases") == 500
