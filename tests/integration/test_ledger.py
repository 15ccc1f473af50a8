"""The ledger on a real server: every way from one state of a run to the next."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from scheduler.jobs import message
from scheduler.jobs.load import load
from scheduler.store.installation import Installation
from scheduler.store.keys import Keys
from scheduler.store.runs.cancel import Cancelled, cancel
from scheduler.store.runs.claim import LEASE, Claimed, Claims, Dropped, Ending, Kept
from scheduler.store.runs.enqueue import Traits, enqueue
from scheduler.store.runs.history import History
from scheduler.store.runs.log import Chunk, LogReader, LogWriter
from scheduler.store.runs.row import Row
from scheduler.store.runs.standing import Standing
from scheduler.store.runs.tend import UNCLAIMED, Tending
from scheduler.store.runs.trim import Retention, Trimming
from scheduler.store.staging import Answer, Offer, Staging

KEYS = Keys("scheduler:")
LIST = "scheduler\x06\x163"
PLAIN = Traits()
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Place:
    """A ledger, one worker and a leader."""

    def __init__(self, url: str) -> None:
        self.client: Any = Redis.from_url(url, decode_responses=True)
        self.now = NOON
        self.claims = Claims(self.client, KEYS, "one@host/1")
        self.tending = Tending(self.client, KEYS, message.RUN_ID)

    def send(self, run_id: str, traits: Traits | None = PLAIN) -> str:
        text = json.dumps({"headers": {message.RUN_ID: run_id}})
        assert enqueue(self.client, KEYS, run_id, (LIST, text), self.now, traits)
        return run_id

    def claim(self, run_id: str, token: str = "t1", retries: int = 0) -> Claimed | Dropped:
        return self.claims.claim(run_id, token, self.now, retries)

    def start(self, run_id: str) -> Claimed:
        """Take its message as a worker does, and claim it."""
        self.client.rpop(LIST)
        claim = self.claim(self.send(run_id))
        assert isinstance(claim, Claimed)
        return claim

    def row(self, run_id: str) -> Row:
        return Row.of_fields(run_id, self.client.hgetall(KEYS.run(run_id)))

    def queued(self) -> list[str]:
        """Return the runs whose messages lie on the list, the one that leaves next first."""
        return [json.loads(text)["headers"][message.RUN_ID] for text in reversed(self.client.lrange(LIST, 0, -1))]

    def pass_by(self, time: timedelta) -> None:
        self.now += time

    def tend(self, **options: bool) -> Any:
        return self.tending.tend(self.now, [LIST], **options)

    def left(self) -> list[str]:
        """Return what is still kept for runs that have not ended."""
        names = ("message", "live", "waiting", "leases", "retries", "held", "expiring", "pool:")
        return sorted(key for key in self.client.keys("*") if any(f"::{name}" in key for name in names))


@pytest.fixture
def place(redis_url: str) -> Any:
    place = Place(redis_url)
    yield place
    place.client.close()


RUN = "job@2026-01-02T12:00:00Z"


def test_a_run_goes_from_its_queue_to_its_outcome(place: Place) -> None:
    claim = place.start(RUN)
    place.pass_by(SECOND)
    assert place.row(RUN).state == "running"
    assert place.claims.finish(claim, Ending("succeeded", fields={"summary": "3 rows"}), place.now)

    row = place.row(RUN)
    assert (row.state, row.outcome, row.attempt, row.summary) == ("ended", "succeeded", 1, "3 rows")
    assert (row.started, row.finished, row.duration) == (NOON, NOON + SECOND, SECOND)
    assert place.left() == []


def test_one_message_too_many_is_dropped(place: Place) -> None:
    claim = place.start(RUN)
    assert place.claim(RUN, "t2") == Dropped(RUN, "running")
    place.claims.finish(claim, Ending("failed", "no"), place.now)
    assert place.claim(RUN, "t2") == Dropped(RUN, "ended")


def test_a_run_has_one_outcome_whoever_comes_late(place: Place) -> None:
    claim = place.start(RUN)
    place.pass_by(LEASE + SECOND)
    assert place.tend().lost == {RUN: "lost"}
    assert not place.claims.finish(claim, Ending("succeeded"), place.now)
    assert (place.row(RUN).outcome, place.row(RUN).reason) == ("lost", "worker_lost")


def test_a_worker_that_was_thought_dead_does_not_end_the_attempt_of_another(place: Place) -> None:
    place.send(RUN, Traits(reruns=2))
    first = place.claim(RUN, "t1")
    assert isinstance(first, Claimed)
    place.pass_by(LEASE + SECOND)
    assert place.tend().lost == {RUN: "rerun"}
    second = place.claim(RUN, "t2")
    assert isinstance(second, Claimed)
    assert not place.claims.finish(first, Ending("failed"), place.now)
    assert place.row(RUN).state == "running"
    assert place.claims.finish(second, Ending("succeeded"), place.now)


def test_a_lease_that_is_renewed_does_not_end(place: Place) -> None:
    place.start(RUN)
    for _ in range(5):
        place.pass_by(LEASE - SECOND)
        assert place.claims.renew([RUN, "no@2026-01-01T00:00:00Z"], place.now) == {
            RUN: Kept.RENEWED,
            "no@2026-01-01T00:00:00Z": Kept.NOT_OURS,
        }
        assert place.tend().lost == {}
    other = Claims(place.client, KEYS, "two@host/2")
    assert other.renew([RUN], place.now) == {RUN: Kept.NOT_OURS}


def test_leases_are_not_trusted_while_nobody_could_renew_them(place: Place) -> None:
    place.start(RUN)
    place.pass_by(timedelta(minutes=5))
    assert place.tend(trust_leases=False).lost == {}


def test_a_lost_run_runs_again_where_the_job_says_so_and_no_more_than_it_may(place: Place) -> None:
    place.send(RUN, Traits(reruns=2))
    for attempt in (1, 2):
        claim = place.claim(RUN)
        assert isinstance(claim, Claimed)
        assert claim.attempt == attempt
        place.pass_by(LEASE + SECOND)
        assert place.tend().lost == {RUN: "rerun"}
        assert place.row(RUN).state == "queued"
    place.claim(RUN)
    place.pass_by(LEASE + SECOND)
    assert place.tend().lost == {RUN: "lost"}
    assert place.queued() == [RUN] * 3
    assert place.left() == []


def test_a_retry_waits_for_its_time(place: Place) -> None:
    claim = place.start(RUN)
    place.client.delete(LIST)
    assert place.claims.retry(claim, Ending("failed", "no"), place.now + 5 * SECOND, place.now)
    assert place.row(RUN).state == "retrying"
    assert place.claim(RUN, "t2") == Dropped(RUN, "retrying")
    place.pass_by(4 * SECOND)
    assert place.tend().retried == ()
    place.pass_by(SECOND)
    assert place.tend().retried == (RUN,)
    assert place.queued() == [RUN]
    second = place.claim(RUN, "t2")
    assert isinstance(second, Claimed)
    assert second.attempt == 2


def test_a_retry_of_celerys_own_goes_on_with_the_run(place: Place) -> None:
    claim = place.start(RUN)
    place.client.delete(LIST)
    place.claims.retry(claim, Ending("failed", "no"), place.now + 5 * SECOND, place.now, native=1)
    assert place.claim(RUN, "t2", retries=0) == Dropped(RUN, "retrying")
    place.pass_by(6 * SECOND)
    assert place.tend().retried == ()
    second = place.claim(RUN, "t2", retries=1)
    assert isinstance(second, Claimed)
    assert second.attempt == 2
    place.pass_by(UNCLAIMED)
    place.claims.renew([RUN], place.now)
    assert place.tend(trust_leases=False).retried == ()


def test_a_retry_of_celerys_own_that_never_comes_is_sent_again(place: Place) -> None:
    claim = place.start(RUN)
    place.client.delete(LIST)
    place.claims.retry(claim, Ending("failed", "no"), place.now + 5 * SECOND, place.now, native=1)
    place.pass_by(6 * SECOND)
    assert place.tend().retried == ()
    place.pass_by(UNCLAIMED)
    assert place.tend().retried == (RUN,)
    assert place.queued() == [RUN]


def test_a_message_that_vanished_is_put_on_the_queue_again(place: Place) -> None:
    first, second = place.send("a@2026-01-02T12:00:00Z"), place.send("b@2026-01-02T12:00:00Z")
    place.pass_by(SECOND)
    third = place.send("c@2026-01-02T12:00:00Z")
    place.client.rpop(LIST)
    place.client.rpop(LIST)
    place.pass_by(UNCLAIMED - 2 * SECOND)
    assert place.tend().missing == ()
    place.pass_by(2 * SECOND)
    assert place.tend().missing == (first, second)
    assert place.queued() == [third, first, second]
    assert place.tend().missing == ()


def test_a_message_that_only_waits_is_left_alone(place: Place) -> None:
    for number in range(5):
        place.send(f"a{number}@2026-01-02T12:00:00Z")
        place.pass_by(SECOND)
    place.pass_by(timedelta(hours=1))
    assert place.tend().missing == ()
    assert len(place.queued()) == 5


def test_a_list_whose_next_message_says_nothing_is_looked_at_later(place: Place) -> None:
    place.send(RUN)
    place.client.delete(LIST)
    place.pass_by(UNCLAIMED * 2)
    for text in ("garbage", "[1]", '{"headers": 3}', '{"headers": {}}'):
        place.client.lpush(LIST, text)
        assert place.tend().missing == ()
        place.client.delete(LIST)
    assert place.tend().missing == (RUN,)


def test_a_run_that_nobody_took_in_time_expires(place: Place) -> None:
    place.send(RUN, Traits(expires=NOON + 10 * SECOND))
    other = place.send("other@2026-01-02T12:00:00Z", Traits(expires=NOON + 10 * SECOND))
    place.claim(other)
    place.pass_by(10 * SECOND)
    assert place.tend().expired == (RUN,)
    assert (place.row(RUN).outcome, place.row(RUN).reason) == ("skipped", "expired")
    assert place.claim(RUN, "t2") == Dropped(RUN, "ended")


@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
@pytest.mark.parametrize("token", ["the leader's", "that of one that was frozen"])
def test_only_who_leads_lets_runs_make_way(place: Place, state: str, token: str) -> None:
    place.send(RUN)
    place.client.hset(KEYS.run(RUN), "state", state)
    place.client.set(KEYS.lock, "the leader's")
    standing = Standing(place.client, KEYS)

    standing.drop([RUN], "replaced", token, place.now)
    standing.stop([RUN], "replaced", token, place.now)

    was_heard = place.row(RUN).state == "ended" or place.client.hget(KEYS.run(RUN), "cancel") is not None
    assert was_heard is (token == "the leader's")


def test_a_pool_holds_runs_back_by_urgency_then_age(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 2)
    runs = []
    for number, priority in enumerate((5, 5, 9, 0)):
        runs.append(place.send(f"j{number}@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),), priority=priority)))
        place.pass_by(SECOND)
    assert place.queued() == []
    assert place.tending.release(place.now) == (runs[2], runs[0])
    assert place.tending.release(place.now) == ()
    claim = place.claim(runs[2])
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("succeeded"), place.now)
    assert place.tending.release(place.now) == (runs[1],)


def test_a_large_run_is_not_overtaken_for_ever(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 2)
    small = place.send("small@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),)))
    assert place.tending.release(place.now) == (small,)
    place.pass_by(SECOND)
    large = place.send("large@2026-01-02T12:00:00Z", Traits(uses=(("db", 2),)))
    place.pass_by(SECOND)
    place.send("later@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),)))
    assert place.tending.release(place.now) == ()
    claim = place.claim(small)
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("succeeded"), place.now)
    assert place.tending.release(place.now) == (large,)


def test_a_run_that_wants_more_than_the_pool_has_gets_all_of_it(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 2)
    small = place.send("small@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),)))
    place.pass_by(SECOND)
    large = place.send("large@2026-01-02T12:00:00Z", Traits(uses=(("db", 3),)))
    assert place.tending.release(place.now) == (small,)
    claim = place.claim(small)
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("succeeded"), place.now)
    assert place.tending.release(place.now) == (large,)


def test_runs_of_two_pools_do_not_wait_for_each_other(place: Place) -> None:
    for pool in ("a", "b"):
        place.client.hset(KEYS.pools, pool, 1)
    runs = []
    for number, uses in enumerate(([("a", 1), ("b", 1)], [("b", 1), ("a", 1)], [("a", 1)], [("b", 1)])):
        runs.append(place.send(f"j{number}@2026-01-02T12:00:00Z", Traits(uses=tuple(uses))))
        place.pass_by(SECOND)
    order: list[str] = []
    while released := place.tending.release(place.now):
        for run_id in released:
            claim = place.claim(run_id)
            assert isinstance(claim, Claimed)
            place.claims.finish(claim, Ending("succeeded"), place.now)
            order.append(run_id)
    assert order[:2] == runs[:2]
    assert sorted(order) == runs
    assert place.left() == []


def test_a_large_run_is_not_overtaken_by_one_that_is_first_in_another_line(place: Place) -> None:
    place.client.hset(KEYS.pools, mapping={"db": 2, "gpu": 2})
    first = place.send("first@2026-01-02T12:00:00Z", Traits(uses=(("gpu", 1),)))
    assert place.tending.release(place.now) == (first,)
    runs = []
    for name, uses in (("large", [("gpu", 2)]), ("both", [("db", 1), ("gpu", 1)]), ("small", [("db", 1)])):
        place.pass_by(SECOND)
        runs.append(place.send(f"{name}@2026-01-02T12:00:00Z", Traits(uses=tuple(uses))))
    assert place.tending.release(place.now) == ()
    claim = place.claim(first)
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("succeeded"), place.now)
    assert place.tending.release(place.now) == (runs[0],)
    assert cancel(place.client, KEYS, runs[0], "ada", place.now) is Cancelled.DONE
    assert place.tending.release(place.now) == (runs[1], runs[2])


def test_a_retry_of_celerys_own_that_never_comes_does_not_wait_for_its_own_slots(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 1)
    place.send(RUN, Traits(uses=(("db", 1),)))
    assert place.tending.release(place.now) == (RUN,)
    claim = place.claim(RUN)
    assert isinstance(claim, Claimed)
    place.claims.retry(claim, Ending("failed", "no"), place.now, place.now, native=1)
    place.tend()
    place.pass_by(UNCLAIMED)
    assert place.tend().retried == (RUN,)
    assert place.row(RUN).state == "waiting"
    assert place.tending.release(place.now) == (RUN,)


def test_the_slots_of_a_lost_worker_are_free_again(place: Place) -> None:
    place.client.hset(KEYS.pools, "db", 1)
    first = place.send("a@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),)))
    place.tending.release(place.now)
    place.claim(first)
    second = place.send("b@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),)))
    assert place.tending.release(place.now) == ()
    place.pass_by(LEASE + SECOND)
    place.tend()
    assert place.tending.release(place.now) == (second,)


@pytest.mark.parametrize("state", ["queued", "waiting", "retrying"])
def test_a_run_that_has_not_begun_is_cancelled_at_once(place: Place, state: str) -> None:
    place.client.hset(KEYS.pools, "db", 0)
    if state == "retrying":
        place.claims.retry(place.start(RUN), Ending("failed"), NOON + SECOND, place.now)
    else:
        place.send(RUN, Traits(uses=(("db", 1),) if state == "waiting" else ()))
    assert place.row(RUN).state == state
    assert cancel(place.client, KEYS, RUN, "ada", place.now) is Cancelled.DONE
    assert (place.row(RUN).outcome, place.row(RUN).reason) == ("cancelled", "ada")
    assert place.left() == []
    assert cancel(place.client, KEYS, RUN, "ada", place.now) is Cancelled.ENDED


def test_a_run_that_is_under_way_is_cancelled_by_its_worker(place: Place) -> None:
    place.start(RUN)
    assert cancel(place.client, KEYS, RUN, "ada", place.now) is Cancelled.ASKED
    assert place.claims.renew([RUN], place.now) == {RUN: Kept.TO_CANCEL}
    assert place.claims.end(RUN, Ending("cancelled", "ada"), place.now)
    assert place.row(RUN).outcome == "cancelled"


def test_what_cannot_be_cancelled_is_said(place: Place) -> None:
    place.send(RUN, None)
    assert cancel(place.client, KEYS, RUN, "ada", place.now) is Cancelled.UNLEDGERED
    assert cancel(place.client, KEYS, "no@2026-01-01T00:00:00Z", "ada", place.now) is Cancelled.UNKNOWN


def test_a_worker_that_stops_gives_its_runs_up(place: Place) -> None:
    place.start(RUN)
    assert place.claims.lose([RUN, "no@2026-01-01T00:00:00Z"], "worker_stopped", place.now) == 1
    assert (place.row(RUN).outcome, place.row(RUN).reason) == ("lost", "worker_stopped")


def test_a_run_without_a_row_runs_unless_its_history_was_trimmed(place: Place) -> None:
    claim = place.claim(RUN)
    assert isinstance(claim, Claimed)
    place.claims.finish(claim, Ending("succeeded"), place.now)
    assert place.claim("job@2026-01-02T11:59:00Z") == Dropped("job@2026-01-02T11:59:00Z", "trimmed")
    assert isinstance(place.claim("job@2026-01-02T12:01:00Z"), Claimed)


def test_progress_is_told_by_who_holds_the_run(place: Place) -> None:
    claim = place.start(RUN)
    assert place.claims.progress(claim, 0.25, "half of the half", place.now)
    assert (place.row(RUN).progress, place.row(RUN).doing) == (0.25, "half of the half")
    assert not place.claims.progress(Claimed(RUN, 1, "other"), 0.5, "", place.now)


def test_a_log_keeps_its_beginning_and_its_end(place: Place) -> None:
    writer = LogWriter(place.client, KEYS, RUN, kept=1_000)
    for number in range(100):
        writer.write([Chunk(NOON.timestamp(), "stdout", f"{number:099}\n"), Chunk(0.0, "stderr", "é" * 25)])
    found = "".join(chunk.text for chunk in LogReader(place.client, KEYS, RUN).read() if chunk.channel == "stdout")
    numbers = [int(line) for line in found.split()]
    assert numbers == [*range(7), *range(94, 100)]
    assert writer.cut == 100 * 150 - 1000 - 950
    assert place.client.hget(KEYS.run(RUN), "log") == str(1950) == place.client.get(KEYS.log_bytes)


def test_a_log_is_read_on_as_it_grows(place: Place) -> None:
    writer, reader = LogWriter(place.client, KEYS, RUN), LogReader(place.client, KEYS, RUN)
    writer.write([Chunk(1.0, "log", "one"), Chunk(1.0, "log", "two")])
    assert [chunk.text for chunk in reader.read()] == ["one", "two"]
    assert list(reader.read()) == []
    writer.write([Chunk(2.5, "log", "three")])
    assert list(reader.read()) == [Chunk(2.5, "log", "three")]


def ended(place: Place, number: int, outcome: str = "succeeded", job: str = "job") -> str:
    """Let a run come and go, a minute after the one before."""
    place.now = NOON + number * timedelta(minutes=1)
    run_id = f"{job}@{message.instant(place.now)}"
    place.claims.finish(place.start(run_id), Ending(outcome), place.now)
    return run_id


def test_history_is_read_from_its_new_end(place: Place) -> None:
    place.client.sadd(KEYS.queues, "scheduler")
    runs = [ended(place, number, "failed" if number % 3 == 0 else "succeeded", f"j{number % 2}") for number in range(9)]
    history = History(place.client, KEYS)
    assert [row.id for row in history.ended()] == runs[::-1]
    assert [row.id for row in history.ended(outcome="failed")] == [runs[6], runs[3], runs[0]]
    assert [row.id for row in history.ended("j1", outcome="failed")] == [runs[3]]
    assert [row.id for row in history.ended(since=NOON + timedelta(minutes=7))] == [runs[8], runs[7]]
    assert {job: row.id for job, row in history.latest(["j0", "j1", "j2"]).items()} == {"j0": runs[8], "j1": runs[7]}
    assert history.live() == []
    live = [place.send(f"j0@2026-01-03T00:0{number}:00Z") for number in range(2)]
    place.claim(live[0])
    assert {row.id for row in history.live()} == {row.id for row in history.live("j0")} == set(live)
    assert history.row("j0@2030-01-01T00:00:00Z") is None


def test_history_is_bounded_by_count_and_age(place: Place) -> None:
    runs = [ended(place, number, "failed") for number in range(100)]
    LogWriter(place.client, KEYS, runs[0]).write([Chunk(1.0, "log", "text")])
    live = place.send("job@2026-01-01T00:00:00Z")
    trimming = Trimming(place.client, KEYS, Retention(runs=10))
    trimming.trim(place.now)
    assert [row.id for row in History(place.client, KEYS).ended()] == runs[:-11:-1]
    place.now += timedelta(days=90) - timedelta(minutes=4, seconds=30)
    trimming.trim(place.now)
    assert [row.id for row in History(place.client, KEYS).ended()] == runs[:-6:-1]
    assert place.row(live).state == "queued"
    place.now += timedelta(days=1)
    trimming.trim(place.now)
    found = {key for key in place.client.keys("*") if "::message" not in key and "::live" not in key}
    assert found - {KEYS.run(live), LIST, KEYS.waiting(LIST)} == {KEYS.log_bytes}
    assert place.client.get(KEYS.log_bytes) == "0"


class Busy(Redis):
    """A client after each command of which other processes carry on."""

    carry_on: Callable[[], object] | None = None

    def execute_command(self, *arguments: Any, **options: Any) -> Any:
        answer = super().execute_command(*arguments, **options)
        if self.carry_on is not None:
            self.carry_on()
        return answer


def test_what_is_recorded_while_history_is_trimmed_costs_no_other_run_its_row(place: Place, redis_url: str) -> None:
    runs = [ended(place, number) for number in range(20)]
    with Busy.from_url(redis_url, decode_responses=True) as busy:
        trimming = Trimming(busy, KEYS, Retention())
        busy.carry_on = lambda: runs.append(ended(place, len(runs)))
        assert trimming.trim(place.now) == 0
    assert len(runs) > 20
    assert [row.id for row in History(place.client, KEYS).ended()] == runs[::-1]


def test_rows_and_logs_have_budgets(place: Place) -> None:
    runs = [ended(place, number) for number in range(60)]
    for run_id in runs:
        LogWriter(place.client, KEYS, run_id).write([Chunk(1.0, "log", "x" * 4_000)])
    each = Trimming(place.client, KEYS, Retention()).row_bytes()
    assert 300 < each < 2_000
    trimming = Trimming(place.client, KEYS, Retention(row_bytes=int(each * 40.5), log_bytes=100_000))
    trimming.trim(place.now)
    assert 35 <= len(list(History(place.client, KEYS).ended())) <= 45
    assert int(place.client.get(KEYS.log_bytes)) == 100_000
    assert list(LogReader(place.client, KEYS, runs[34]).read()) == []
    assert len(list(LogReader(place.client, KEYS, runs[35]).read())) == 1


def install_pools(place: Place, folder: Path, text: str) -> None:
    """Install a file without jobs, with these pools."""
    place.client.set(KEYS.lock, "token")
    path = folder / "schedules.yaml"
    path.write_text(f"{text}jobs: {{}}\n")
    file = load(path, {}, max_bytes=10_000).file
    assert Staging(place.client, KEYS).stage(file, Offer(str(path), "a test"), place.now).answer is Answer.STAGED
    assert Installation(place.client, KEYS).advance("token", place.now, None).finished is not None


def test_a_pool_that_grew_or_went_lets_those_go_that_waited_for_it(place: Place, tmp_path: Path) -> None:
    install_pools(place, tmp_path, "pools: {db: 1}\n")
    runs = []
    for number in range(4):
        runs.append(place.send(f"j{number}@2026-01-02T12:00:00Z", Traits(uses=(("db", 1),))))
        place.pass_by(SECOND)
    assert place.tending.release(place.now) == (runs[0],)
    install_pools(place, tmp_path, "pools: {db: 1}\n")
    assert place.tending.release(place.now) == ()
    install_pools(place, tmp_path, "pools: {db: 2, other: 1}\n")
    assert place.tending.release(place.now) == (runs[1],)
    install_pools(place, tmp_path, "")
    assert place.tending.release(place.now) == (runs[2], runs[3])
