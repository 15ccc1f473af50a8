"""Many runs claimed, taken and ended in one step: the same as one after the other."""

from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import ResponseError

from scheduler.store.form import ROW_VERSION
from scheduler.store.runs.claim import Claimed, Dropped, Ending, Wanted
from scheduler.store.runs.take import Intake, Waiting
from tests.integration.test_ledger import KEYS, LIST, SECOND, Place, place

__all__ = ["place"]

WORKER = "one@host/1"
RUNS = [f"job{number}@2026-01-02T12:00:00Z" for number in range(4)]


def nothing(place: Place, run_id: str) -> None:
    """The run has no row yet."""


def queued(place: Place, run_id: str) -> None:
    place.send(run_id)
    place.client.delete(LIST)


def taken(place: Place, run_id: str) -> None:
    queued(place, run_id)
    place.claim(run_id, f"token of {run_id}")


def another_has_it(place: Place, run_id: str) -> None:
    queued(place, run_id)
    place.claim(run_id, "another")


def ended(place: Place, run_id: str) -> None:
    queued(place, run_id)
    claim = place.claim(run_id, "another")
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("failed", "no"), place.now)


def retrying(place: Place, run_id: str) -> None:
    queued(place, run_id)
    claim = place.claim(run_id, "another")
    assert isinstance(claim, Claimed)
    place.claims.retry(claim, Ending("failed"), place.now + SECOND, place.now)


def newer(place: Place, run_id: str) -> None:
    queued(place, run_id)
    place.client.hset(KEYS.run(run_id), "v", ROW_VERSION + 1)


def trimmed(place: Place, run_id: str) -> None:
    place.client.zadd(KEYS.runs(run_id.partition("@")[0]), {run_id.replace("2026-01-02", "2026-01-03"): 1})


STATES = [nothing, queued, taken, another_has_it, ended, retrying, newer, trimmed]


def wanted(run_id: str, token: str = "") -> Wanted:
    return Wanted(run_id, token or f"token of {run_id}")


def rows(place: Place) -> dict[str, Any]:
    found = {key: place.client.type(key) for key in place.client.keys("*")}
    read = {"hash": place.client.hgetall, "zset": lambda key: place.client.zrange(key, 0, -1, withscores=True)}
    return {key: read.get(kind, lambda _: None)(key) for key, kind in found.items()}


@pytest.mark.parametrize("state", STATES)
def test_runs_are_claimed_together_as_one_by_one(place: Place, state: Callable[[Place, str], None]) -> None:
    for run_id in RUNS:
        state(place, run_id)
    each = [place.claims.claim_all([wanted(run_id)], place.now)[0] for run_id in RUNS]
    after = rows(place)
    place.client.flushall()
    for run_id in RUNS:
        state(place, run_id)

    assert place.claims.claim_all(list(map(wanted, RUNS)), place.now) == each
    assert rows(place) == after


def test_nothing_is_asked_of_the_server_for_no_runs(place: Place) -> None:
    place.client.config_resetstat()

    assert place.claims.claim_all([], place.now) == []
    assert place.claims.finish_all([], place.now) == []
    assert Intake(place.client, KEYS, WORKER).take([], place.now) == []

    assert "cmdstat_evalsha" not in place.client.info("commandstats")


def test_a_run_that_is_named_twice_is_claimed_once(place: Place) -> None:
    queued(place, RUNS[0])

    answers = place.claims.claim_all([wanted(RUNS[0], "a"), wanted(RUNS[0], "b")], place.now)

    assert answers == [Claimed(RUNS[0], 1, "a"), Dropped(RUNS[0], "running")]


def test_runs_are_ended_together_each_with_its_own(place: Place) -> None:
    claims = [place.start(run_id) for run_id in RUNS]
    place.claims.finish(claims[1], Ending("failed", "before"), place.now)
    endings = [
        Ending("succeeded", fields={"summary": "3 rows", "exit_code": 0}),
        Ending("succeeded"),
        Ending("failed", "no"),
        Ending("succeeded", fields={"summary": "x" * 5_000}),
    ]

    assert place.claims.finish_all(list(zip(claims, endings, strict=True)), place.now) == [True, False, True, True]

    said = [(row.outcome, row.reason, row.summary, row.exit_code) for row in map(place.row, RUNS)]
    assert said[:3] == [
        ("succeeded", None, "3 rows", 0),
        ("failed", "before", None, None),
        ("failed", "no", None, None),
    ]
    assert len(said[3][2] or "") == 1_000
    assert place.left() == []


def test_a_row_of_a_wrong_type_fails_the_step_and_can_be_asked_for_again(place: Place) -> None:
    for run_id in RUNS[:3]:
        queued(place, run_id)
    place.client.delete(KEYS.run(RUNS[1]))
    place.client.set(KEYS.run(RUNS[1]), "a text")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        place.claims.claim_all(list(map(wanted, RUNS[:3])), place.now)

    again = place.claims.claim_all([wanted(RUNS[0]), wanted(RUNS[2])], place.now)

    assert again == [Claimed(RUNS[0], 1, f"token of {RUNS[0]}"), Claimed(RUNS[2], 1, f"token of {RUNS[2]}")]


class Shelf:
    """An intake, and what lies on two lists."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.intake = Intake(place.client, KEYS, WORKER)

    def put(self, *run_ids: str) -> None:
        for run_id in run_ids:
            self.place.send(run_id)

    def look(self, most: int = 10) -> list[tuple[Waiting, Wanted]]:
        found = self.intake.waiting(["urgent", LIST], most)
        return [(one, wanted(one.text.split('"')[5])) for one in found]

    def take(self, seen: list[tuple[Waiting, Wanted]]) -> list[Any]:
        return self.intake.take(seen, self.place.now)


@pytest.fixture
def shelf(place: Place) -> Shelf:
    return Shelf(place)


def claimed(run_id: str) -> Claimed:
    return Claimed(run_id, 1, f"token of {run_id}")


def test_what_waits_is_seen_in_the_order_in_which_it_leaves(shelf: Shelf) -> None:
    shelf.put(*RUNS[:3])
    shelf.place.client.lpush("urgent", "first", "second")

    assert [one.text for one in shelf.intake.waiting(["urgent", LIST], 10)[:2]] == ["first", "second"]
    assert [one.queue_list for one in shelf.intake.waiting(["urgent", LIST], 3)] == ["urgent", "urgent", LIST]
    shelf.place.client.delete("urgent")
    assert [one.run_id for _, one in shelf.look()] == RUNS[:3]


def test_messages_are_taken_and_their_runs_claimed(shelf: Shelf) -> None:
    shelf.put(*RUNS)

    assert shelf.take(shelf.look(3)) == list(map(claimed, RUNS[:3]))

    assert shelf.place.queued() == RUNS[3:]
    assert [shelf.place.row(run_id).state for run_id in RUNS] == ["running"] * 3 + ["queued"]
    assert shelf.place.client.zcard(KEYS.leases) == 3


def test_what_another_worker_took_meanwhile_is_passed_over(shelf: Shelf) -> None:
    shelf.put(*RUNS)
    seen = shelf.look()
    shelf.place.client.rpop(LIST)

    assert shelf.take(seen) == [None, *map(claimed, RUNS[1:])]


def test_an_answer_that_was_lost_is_given_again(shelf: Shelf) -> None:
    shelf.put(*RUNS[:3])
    seen = shelf.look()
    shelf.take(seen)
    shelf.put(RUNS[3])

    assert shelf.take(seen) == list(map(claimed, RUNS[:3]))
    assert shelf.place.queued() == RUNS[3:]


def test_a_message_too_many_is_taken_and_dropped(shelf: Shelf) -> None:
    shelf.put(RUNS[0])
    shelf.place.client.lpush(LIST, shelf.place.client.lindex(LIST, 0))
    (first, _), (second, _) = seen = shelf.look()
    assert first == second

    answers = shelf.take([seen[0], (second, wanted(RUNS[0], "another"))])

    assert answers == [claimed(RUNS[0]), Dropped(RUNS[0], "running")]
    assert shelf.place.queued() == []


@pytest.mark.parametrize("spoil", ["newer", "wrong type"])
def test_what_cannot_be_claimed_here_is_left_and_all_behind_it(shelf: Shelf, spoil: str) -> None:
    shelf.put(*RUNS)
    if spoil == "newer":
        shelf.place.client.hset(KEYS.run(RUNS[1]), "v", ROW_VERSION + 1)
    else:
        shelf.place.client.delete(KEYS.run(RUNS[1]))
        shelf.place.client.set(KEYS.run(RUNS[1]), "a text")

    assert shelf.take(shelf.look()) == [claimed(RUNS[0]), None, None, None]

    assert shelf.place.queued() == RUNS[1:]


def test_a_list_of_a_wrong_type_is_an_error(shelf: Shelf) -> None:
    shelf.place.client.set("urgent", "a text")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        shelf.look()


def test_two_workers_take_each_message_once(shelf: Shelf) -> None:
    shelf.put(*RUNS)
    other = Intake(shelf.place.client, KEYS, "two@host/2")
    seen = shelf.look(2)
    theirs = [(at, wanted(one.run_id, "theirs")) for at, one in shelf.look(4)]

    assert shelf.take(seen) == list(map(claimed, RUNS[:2]))
    assert other.take(theirs, shelf.place.now) == [None, None, *(Claimed(run_id, 1, "theirs") for run_id in RUNS[2:])]
