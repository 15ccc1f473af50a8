"""Rows that a later version wrote, met by this one: read as far as they make sense, and left as they are."""

from datetime import timedelta

import pytest

from scheduler.store.form import ROW_VERSION
from scheduler.store.runs.cancel import Cancelled, cancel
from scheduler.store.runs.claim import LEASE, NEWER, Claimed, Claims, Dropped, Ending
from scheduler.store.runs.enqueue import Traits
from scheduler.store.runs.put_back import PutBack
from scheduler.store.runs.row import Row
from scheduler.store.runs.standing import Standing
from scheduler.store.runs.tend import UNCLAIMED
from scheduler.store.runs.trim import Retention, Trimming
from tests.integration.test_ledger import KEYS, LIST, NOON, PLAIN, RUN, SECOND, Place, place

__all__ = ["place"]

OTHER = "other@2026-01-02T12:00:00Z"
NEXT = str(ROW_VERSION + 1)


def newer(place: Place, run_id: str = RUN, **fields: str) -> dict[str, str]:
    """Let the row be one of the next version, and return it."""
    place.client.hset(KEYS.run(run_id), mapping={"v": NEXT, **fields})
    return dict(place.client.hgetall(KEYS.run(run_id)))


def is_left(place: Place, row: dict[str, str]) -> bool:
    return bool(place.client.hgetall(KEYS.run(RUN)) == row)


def test_a_new_row_is_of_this_version(place: Place) -> None:
    place.send(RUN)
    assert place.client.hget(KEYS.run(RUN), "v") == str(ROW_VERSION)


@pytest.mark.parametrize("state", ["queued", "waiting", "paused by a later version"])
def test_its_message_is_for_others_to_claim(place: Place, state: str) -> None:
    place.send(RUN)
    row = newer(place, state=state)

    assert place.claim(RUN) == Dropped(RUN, NEWER)
    assert is_left(place, row)


def test_a_message_of_a_run_that_has_ended_is_one_too_many_in_any_version(place: Place) -> None:
    place.claims.finish(place.start(RUN), Ending("succeeded"), place.now)
    newer(place)

    assert place.claim(RUN, "t2") == Dropped(RUN, "ended")


def test_a_run_of_a_later_worker_is_not_given_up(place: Place) -> None:
    place.start(RUN)
    row = newer(place)
    place.start(OTHER)
    place.pass_by(LEASE + SECOND)

    assert place.tend().lost == {OTHER: "lost"}
    assert is_left(place, row)
    assert place.client.zscore(KEYS.leases, RUN) is not None


def test_a_retry_is_left_to_a_later_leader(place: Place) -> None:
    for run in (RUN, OTHER):
        place.claims.retry(place.start(run), Ending("failed"), NOON + SECOND, place.now)
    row = newer(place)
    place.client.delete(LIST)
    place.pass_by(2 * SECOND)

    assert place.tend().retried == (OTHER,)
    assert is_left(place, row)
    assert place.queued() == [OTHER]


def test_a_message_that_vanished_is_not_sent_again(place: Place) -> None:
    place.send(RUN)
    row = newer(place)
    place.send(OTHER)
    place.client.delete(LIST)
    place.pass_by(UNCLAIMED + SECOND)

    assert place.tend().missing == (OTHER,)
    assert is_left(place, row)


def test_a_run_does_not_expire(place: Place) -> None:
    expires = NOON + SECOND
    place.send(RUN, Traits(expires=expires))
    row = newer(place)
    place.send(OTHER, Traits(expires=expires))
    place.pass_by(2 * SECOND)

    assert place.tend().expired == (OTHER,)
    assert is_left(place, row)
    assert place.client.zscore(KEYS.expiring, RUN) is not None


def test_a_run_that_waits_for_a_pool_keeps_its_turn(place: Place) -> None:
    place.client.hset(KEYS.pools, mapping={"db": 1, "gpu": 1})
    place.send(RUN, Traits(uses=(("db", 1),)))
    row = newer(place)
    place.send(OTHER, Traits(uses=(("gpu", 1),)))

    assert place.tending.release(place.now) == (OTHER,)
    assert is_left(place, row)
    # A leader of that version still finds that there is something to look at.
    assert place.client.smembers(KEYS.look) == {"pdb"}
    place.client.hset(KEYS.run(RUN), "v", ROW_VERSION)
    assert place.tending.release(place.now) == (RUN,)


def test_a_run_cannot_be_cancelled_from_here(place: Place) -> None:
    place.send(RUN)
    row = newer(place)

    assert cancel(place.client, KEYS, RUN, "ada", place.now) is Cancelled.NEWER
    assert is_left(place, row)


@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
def test_a_run_does_not_make_way_for_a_newer_one(place: Place, state: str) -> None:
    place.send(RUN)
    row = newer(place, state=state)
    standing = Standing(place.client, KEYS)

    place.client.set(KEYS.lock, "the leader's")

    standing.stop([RUN], "replaced", "the leader's", place.now)
    standing.drop([RUN], "replaced", "the leader's", place.now)
    assert is_left(place, row)
    assert [one.id for one in standing.of("job", place.now)] == [RUN]


def test_a_row_is_not_trimmed(place: Place) -> None:
    for run in (RUN, OTHER):
        place.claims.finish(place.start(run), Ending("succeeded"), place.now)
    row = newer(place)
    trimming = Trimming(place.client, KEYS, Retention(age=timedelta(days=1)))

    assert trimming.trim(NOON + timedelta(days=2)) == 1
    assert is_left(place, row)
    assert not place.client.exists(KEYS.run(OTHER))


@pytest.mark.parametrize("version", [NEXT, str(ROW_VERSION)])
@pytest.mark.parametrize("number", ["noon", "inf", "-inf", "nan", "1e300", "4e15", "-1e17"])
def test_what_does_not_make_sense_is_not_shown(version: str, number: str) -> None:
    odd = dict.fromkeys(("late", "dispatched", "started", "begun", "finished", "due"), number)
    fields = {"attempt": "2 of 3", "count": "", "until": "soon", "state": "paused", "worker": "w", **odd}

    row = Row.of_fields(RUN, {"v": version, **fields})

    assert (row.state, row.worker, row.attempt, row.count, row.until) == ("paused", "w", 0, 1, None)
    assert (row.dispatched, row.due, row.started, row.begun, row.finished, row.retry_at) == (None,) * 6


def test_a_run_that_was_late_for_longer_than_there_is_time_was_due_at_no_instant() -> None:
    row = Row.of_fields(RUN, {"dispatched": "1", "late": "200000000000000"})

    assert row.dispatched is not None
    assert row.due is None


def test_a_message_that_was_put_back_is_the_last_that_is_missed(place: Place) -> None:
    place.send(RUN)
    place.pass_by(SECOND)
    place.send(OTHER)
    place.client.rpoplpush(LIST, LIST)
    place.pass_by(UNCLAIMED)

    PutBack(place.client, KEYS)(RUN, place.now)

    assert place.tend().missing == ()
    assert place.queued() == [OTHER, RUN]


def test_what_is_put_back_without_a_ledger_is_no_run_that_waits(place: Place) -> None:
    place.send(RUN, None)

    PutBack(place.client, KEYS)(RUN, place.now)

    assert place.left() == []


def test_a_later_version_claims_what_this_one_wrote(place: Place) -> None:
    place.send(RUN, PLAIN)
    place.client.hset(KEYS.run(RUN), "v", ROW_VERSION - 1)

    claim = Claims(place.client, KEYS, "later@host/1").claim(RUN, "t1", place.now)

    assert isinstance(claim, Claimed)
