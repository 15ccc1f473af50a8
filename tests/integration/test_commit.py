"""One batch of steps against a real server: what goes out, what is recorded, and what is answered for each.

Tried: a lock that is another's, entries that were moved, changed, removed or made something else, a queue that is no
list, live runs that are no sorted set, a server that is full, a history of another type, a server that knows no
scripts, and the same batch twice.
"""

from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from scheduler.store.commit import FAILED, MISSED, Answer, Committer, Message, Outcome, Step, Target
from scheduler.store.keys import Keys
from tests.servers import wait_for
from tests.spoiling import spoil

KEYS = Keys("p:")
NOW = 1_767_322_800.25
DUE = 1_767_322_800.0
QUEUE = Target("list", "queue")


@pytest.fixture
def client(redis_url: str) -> Any:
    client: Any = Redis.from_url(redis_url, decode_responses=True)
    client.set(KEYS.lock, "token")
    yield client
    client.close()


@pytest.fixture
def committer(client: Any) -> Committer:
    return Committer(client, KEYS)


def add(client: Any, job: str, score: float = DUE, revision: str | None = "r1") -> None:
    client.hset(KEYS.entry(job), mapping={"definition": "{}", **({"rev": revision} if revision else {})})
    client.zadd(KEYS.schedule, {KEYS.entry(job): score})


def sent(job: str, target: Target = QUEUE, run: str = "@2026-01-02T03:00:00Z", due: float = DUE) -> Message:
    return Message(target, f"message of {job}{run}", f"{job}{run}", due)


def step(job: str, *messages: Message, revision: str = "r1", expected: float = DUE, live: int = -1) -> Step:
    return Step(KEYS.entry(job), revision, expected, DUE + 60, "mark", messages or (sent(job),), live)


def answers(outcomes: list[Outcome]) -> list[Answer]:
    return [outcome.answer for outcome in outcomes]


def test_a_step_sends_moves_marks_and_records(client: Any, committer: Committer) -> None:
    add(client, "job")

    assert answers(committer.commit("token", [step("job")], NOW)) == [Answer.COMMITTED]

    run = "job@2026-01-02T03:00:00Z"
    assert client.lrange("queue", 0, -1) == [f"message of {run}"]
    assert client.zscore(KEYS.schedule, "p:job") == DUE + 60
    assert client.hget("p:job", "meta") == "mark"
    row = {"v": "1", "state": "dispatched", "dispatched": "1767322800250", "late": "250"}
    assert client.hgetall(KEYS.run(run)) == row
    assert client.zrange(KEYS.runs("job"), 0, -1, withscores=True) == [(run, 1767322800250)]
    assert client.zrange("p::history", 0, -1, withscores=True) == [(run, 1767322800250)]
    assert not client.exists("p::message:" + run)


def test_a_run_whose_queue_keeps_the_ledger_is_live_and_its_message_is_kept(client: Any, committer: Committer) -> None:
    add(client, "job")

    committer.commit("token", [step("job")], NOW, ledgered={"queue"})

    run = "job@2026-01-02T03:00:00Z"
    row = {"v": "1", "state": "queued", "dispatched": "1767322800250", "late": "250", "list": "queue"}
    assert client.hgetall(KEYS.run(run)) == row
    assert client.get("p::message:" + run) == f"message of {run}"
    assert client.zrange("p::live:job", 0, -1, withscores=True) == [(run, 1767322800250)]
    assert client.zrange("p::waiting:queue", 0, -1, withscores=True) == [(run, 1767322800250)]
    assert not client.exists(KEYS.runs("job"), "p::history")


def test_messages_leave_in_the_order_of_the_steps(client: Any, committer: Committer) -> None:
    names = [f"job-{number}" for number in range(2_500)]
    for name in names:
        add(client, name)

    outcomes = committer.commit("token", [step(name) for name in names], NOW, ledgered={"queue"})

    assert set(answers(outcomes)) == {Answer.COMMITTED}
    # kombu takes them from the other end.
    assert client.lrange("queue", 0, -1)[::-1] == [f"message of {name}@2026-01-02T03:00:00Z" for name in names]
    assert client.zcard("p::waiting:queue") == 2_500


def test_a_thousand_runs_of_one_entry_leave_in_one_step(client: Any, committer: Committer) -> None:
    add(client, "job")
    runs = [f"@{number:04}" for number in range(5_000)]

    committer.commit("token", [step("job", *(sent("job", run=run) for run in runs))], NOW)

    assert client.lrange("queue", 0, -1)[::-1] == [f"message of job{run}" for run in runs]
    assert client.zcard(KEYS.runs("job")) == 5_000


def test_nothing_happens_under_a_token_that_does_not_hold_the_lock(client: Any, committer: Committer) -> None:
    add(client, "one")
    add(client, "two")

    outcomes = committer.commit("stale", [step("one"), step("two")], NOW)

    assert answers(outcomes) == [Answer.NOT_LEADING, Answer.NOT_LEADING]
    assert not client.exists("queue")
    assert client.zscore(KEYS.schedule, "p:one") == DUE


def test_an_entry_that_is_not_what_was_decided_on_is_left_alone(client: Any, committer: Committer) -> None:
    for name in ("moved", "edited", "taken over", "gone", "spoilt", "same"):
        add(client, name)
    client.zadd(KEYS.schedule, {"p:moved": DUE + 1})
    client.hset("p:edited", "rev", "r2")
    client.hdel("p:taken over", "rev")
    client.zrem(KEYS.schedule, "p:gone")
    client.delete("p:spoilt")
    client.set("p:spoilt", "a text")

    steps = [step(name) for name in ("moved", "edited", "taken over", "gone", "spoilt", "same")]
    outcomes = committer.commit("token", steps, NOW)

    assert answers(outcomes) == [*[Answer.MOVED] * 5, Answer.COMMITTED]
    assert client.lrange("queue", 0, -1) == ["message of same@2026-01-02T03:00:00Z"]


def test_an_entry_without_revision_is_one_that_is_not_the_files(client: Any, committer: Committer) -> None:
    add(client, "theirs", revision=None)

    assert answers(committer.commit("token", [step("theirs", revision="")], NOW)) == [Answer.COMMITTED]


def test_a_batch_that_is_repeated_sends_nothing_again(client: Any, committer: Committer) -> None:
    add(client, "job")

    first = committer.commit("token", [step("job")], NOW)
    second = committer.commit("token", [step("job")], NOW)

    assert answers(first + second) == [Answer.COMMITTED, Answer.MOVED]
    assert client.llen("queue") == 1


def test_a_batch_whose_answer_was_lost_is_found_to_be_done_and_not_sent_again(
    client: Any, committer: Committer
) -> None:
    for name in ("mine", "taken"):
        add(client, name)
    with committer.line() as line:
        line.send("token", [step("mine"), step("taken")], NOW)
        # Whether the server was as fast is no matter: its answer is not read.
        wait_for(lambda: client.llen("queue") == 2, 5, "the batch to be carried out")
        client.hset("p:taken", "meta", "another mark")
        line._drop()
        outcomes = line.receive()

    assert answers(outcomes) == [Answer.COMMITTED, Answer.MOVED]
    assert client.llen("queue") == 2


def test_a_user_who_may_not_push_to_one_of_two_lists_pushes_to_none(client: Any, redis_url: str) -> None:
    add(client, "both")
    add(client, "one")
    keys = ("~p:*", "~queue", "%R~closed")
    client.execute_command("ACL", "SETUSER", "guest", "on", "nopass", *keys, "allchannels", "+@all")
    guest: Any = Redis.from_url(redis_url, decode_responses=True, username="guest", password="any")
    steps = [step("both", sent("both"), sent("both", Target("list", "closed"))), step("one")]
    try:
        outcomes = Committer(guest, KEYS).commit("token", steps, NOW)
    finally:
        guest.close()
        client.execute_command("ACL", "DELUSER", "guest")

    assert outcomes == [
        Outcome(Answer.REFUSED, "NOPERM this user may not push to closed"),
        Outcome(Answer.COMMITTED),
    ]
    assert client.lrange("queue", 0, -1) == ["message of one@2026-01-02T03:00:00Z"]


def test_another_number_of_live_runs_than_expected_is_answered_with_it(client: Any, committer: Committer) -> None:
    for name in ("free", "busy", "any"):
        add(client, name)
    client.zadd("p::live:busy", {"busy@1": 1, "busy@2": 2})
    client.zadd("p::live:any", {"any@1": 1})

    outcomes = committer.commit("token", [step("free", live=0), step("busy", live=0), step("any", live=-1)], NOW)

    assert outcomes == [Outcome(Answer.COMMITTED), Outcome(Answer.MOVED, live=2), Outcome(Answer.COMMITTED)]
    assert client.llen("queue") == 2
    assert answers(committer.commit("token", [step("busy", live=2)], NOW)) == [Answer.COMMITTED]


@pytest.mark.parametrize("ledgered", [frozenset(), frozenset({"queue", "broken"})])
def test_a_queue_that_is_no_list_refuses_its_steps_alone(
    client: Any, committer: Committer, ledgered: frozenset[str]
) -> None:
    for name in ("good", "bad", "both", "last"):
        add(client, name)
    client.set("broken", "a text")
    broken = Target("list", "broken")

    outcomes = committer.commit(
        "token",
        [
            step("good"),
            step("bad", sent("bad", broken)),
            step("both", sent("both"), sent("both", broken)),
            step("last"),
        ],
        NOW,
        ledgered,
    )

    assert answers(outcomes) == [Answer.COMMITTED, Answer.REFUSED, Answer.REFUSED, Answer.COMMITTED]
    assert outcomes[1].error == "WRONGTYPE broken is a string"
    assert client.lrange("queue", 0, -1) == [
        "message of last@2026-01-02T03:00:00Z",
        "message of good@2026-01-02T03:00:00Z",
    ]
    assert client.zmscore(KEYS.schedule, ["p:bad", "p:both"]) == [DUE, DUE]
    assert not client.exists(KEYS.run("both@2026-01-02T03:00:00Z"))


@pytest.mark.parametrize("kind", ["string", "hash", "list", "set", "stream"])
def test_live_runs_that_are_no_sorted_set_refuse_their_step_alone(client: Any, committer: Committer, kind: str) -> None:
    for name in ("good", "bad", "lost", "last"):
        add(client, name)
    client.set("broken", "a text")
    spoil(client, KEYS.live("bad"), kind)
    steps = [
        step("good", live=0),
        step("bad", live=0),
        step("lost", sent("lost", Target("list", "broken"))),
        step("last", live=0),
    ]

    outcomes = committer.commit("token", steps, NOW, frozenset({"queue"}))

    assert answers(outcomes) == [Answer.COMMITTED, Answer.REFUSED, Answer.REFUSED, Answer.COMMITTED]
    assert outcomes[1].error == f"WRONGTYPE p::live:bad is a {kind}, expected a zset"
    assert outcomes[2].error == "WRONGTYPE broken is a string"
    assert client.zmscore(KEYS.schedule, ["p:bad", "p:lost"]) == [DUE, DUE]
    assert client.llen("queue") == 2
    client.delete(KEYS.live("bad"))
    assert answers(committer.commit("token", [steps[1]], NOW, frozenset({"queue"}))) == [Answer.COMMITTED]


def test_a_server_that_is_full_refuses_the_batch_at_once_and_keeps_all_as_it_was(
    client: Any, committer: Committer
) -> None:
    add(client, "one")
    add(client, "two")
    failed = Message.failed("one@2", DUE, "no route")
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            committer.commit("token", [step("one", failed), step("two", sent("two", Target("list", "other")))], NOW)
    finally:
        client.config_set("maxmemory", "0")

    assert not client.exists("queue", "other", KEYS.run("one@2"))
    assert client.zrange(KEYS.schedule, 0, -1, withscores=True) == [("p:one", DUE), ("p:two", DUE)]
    assert answers(committer.commit("token", [step("one"), step("two")], NOW)) == [Answer.COMMITTED] * 2


def test_a_history_of_another_type_stops_no_dispatch(client: Any, committer: Committer) -> None:
    add(client, "one")
    add(client, "two")
    client.set(KEYS.runs("one"), "a text")
    client.set("p::history", "a text")
    client.set("p::waiting:queue", "a text")
    client.set("p::live:two", "a text")

    for ledgered in (frozenset[str](), frozenset({"queue"})):
        outcomes = committer.commit("token", [step("one"), step("two")], NOW, ledgered)
        assert answers(outcomes) == [Answer.COMMITTED, Answer.COMMITTED]
        client.zadd(KEYS.schedule, {"p:one": DUE, "p:two": DUE})

    assert client.llen("queue") == 4


def test_a_server_that_knows_no_scripts_is_given_them(client: Any, committer: Committer) -> None:
    add(client, "job")
    committer.commit("token", [step("job")], NOW)
    client.script_flush()

    assert answers(committer.commit("token", [step("job", expected=DUE + 60)], NOW)) == [Answer.COMMITTED]


def test_a_fanout_goes_to_those_who_listen(client: Any, committer: Committer) -> None:
    add(client, "job")
    listener = client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe("channel")
    listener.get_message(timeout=5.0)

    committer.commit("token", [step("job", sent("job", Target("channel", "channel")))], NOW)

    assert listener.get_message(timeout=5.0)["data"] == "message of job@2026-01-02T03:00:00Z"
    assert client.hget(KEYS.run("job@2026-01-02T03:00:00Z"), "state") == "dispatched"
    listener.close()


def test_a_run_without_message_ends_as_failed(client: Any, committer: Committer) -> None:
    add(client, "job")
    failed = Message.failed("job@1", DUE, "no route \ud800")

    committer.commit("token", [step("job", failed)], NOW)

    assert failed.target is FAILED
    row = {"v": "1", "state": "ended", "outcome": "failed", "finished": "1767322800250", "reason": "no route ?"}
    assert client.hgetall(KEYS.run("job@1")) == row
    assert client.zrange("p::outcome:failed", 0, -1) == ["job@1"]
    assert not client.exists("queue")


def missed(first: str, last: str, count: int, before: str) -> Message:
    return Message(MISSED, f"{count} {last} {before}", f"job@{first}", DUE)


def test_what_was_missed_one_after_the_other_has_one_row(client: Any, committer: Committer) -> None:
    steps = [
        missed("03", "05", 3, "02"),
        missed("06", "07", 2, "05"),
        missed("09", "09", 1, "08"),
        missed("11", "12", 2, ""),
    ]
    for one in steps:
        add(client, "job")
        committer.commit("token", [step("job", one)], NOW)

    rows = [client.hmget(KEYS.run(run), "outcome", "count", "until") for run in client.zrange(KEYS.runs("job"), 0, -1)]
    assert rows == [["missed", "5", "07"], ["missed", "1", "09"], ["missed", "2", "12"]]
    assert client.zcard("p::outcome:missed") == 3


def test_a_row_of_a_later_version_is_not_continued(client: Any, committer: Committer) -> None:
    for one in (missed("03", "05", 3, "02"), missed("06", "07", 2, "05")):
        add(client, "job")
        committer.commit("token", [step("job", one)], NOW)
        client.hset(KEYS.run(client.zrange(KEYS.runs("job"), 0, 0)[0]), "v", 2)

    rows = [client.hmget(KEYS.run(run), "count", "until") for run in client.zrange(KEYS.runs("job"), 0, -1)]
    assert rows == [["3", "05"], ["2", "07"]]


def test_one_in_fifty_recorded_runs_has_its_job_looked_at(client: Any, committer: Committer) -> None:
    for number in range(100):
        add(client, f"job-{number}")

    committer.commit("token", [step(f"job-{number}") for number in range(100)], NOW)

    assert client.scard("p::overfull") == 2


def test_a_queue_that_expires_is_given_its_time_anew(client: Any, committer: Committer) -> None:
    for name in ("one", "two"):
        add(client, name)
    urgent = Target("list", "urgent")
    expiries = [Message(Target("expiry", name), "60000", "one@1", DUE) for name in ("queue", "urgent")]

    steps = [step("one", sent("one"), *expiries), step("two", sent("two", urgent), *expiries)]
    assert answers(committer.commit("token", steps, NOW)) == [Answer.COMMITTED, Answer.COMMITTED]

    assert 0 < client.pttl("queue") <= 60_000
    assert 0 < client.pttl("urgent") <= 60_000
    assert client.zcard("p::history") == 2
