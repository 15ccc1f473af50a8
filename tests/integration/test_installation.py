"""What becomes of entries when a file is installed: by hand, step by step, against a real server."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from scheduler.jobs import Job
from scheduler.store.carrying import GRAVE_SECONDS
from scheduler.store.file_record import read_file_record, read_pending
from scheduler.store.form import FORM_VERSION
from scheduler.store.runs.history import History
from scheduler.store.runs.transitions import Transition
from scheduler.store.staging import Answer, Offer
from tests.integration.store_bench import KEYS, TOKEN, StoreBench, at

HOURLY = "  job: {cron: '0 * * * *', task: a.b}"
QUARTERS = "  job: {cron: '*/15 * * * *', task: a.b}"


def test_a_new_job_begins_when_it_is_installed(store: StoreBench) -> None:
    staged = store.install(HOURLY, at("10:20"))

    assert staged.difference.added == ["job"]
    assert store.due("job") == at("11:00")
    assert store.mark("job") == at("10:20")


def test_a_new_job_that_falls_due_before_it_is_carried_out_begins_after_that(store: StoreBench) -> None:
    assert store.stage(HOURLY, at("10:59:59")).answer is Answer.STAGED

    store.advance(at("11:00:01"))

    assert store.due("job") == at("12:00")
    assert store.mark("job") == at("11:00:01")


MANY = "\n".join(f"  job-{number}: {{cron: '0 * * * *', task: a.b}}" for number in range(450))


def test_many_new_jobs_are_each_as_one_new_job_is(store: StoreBench) -> None:
    # While a removed job may come back, each new one is looked at by itself.
    store.redis.set(KEYS.gone, "")
    store.install("  job-7: {cron: '0 * * * *', task: a.b}", at("10:20"))
    alone = store.redis.hgetall(KEYS.entry("job-7"))
    revision = store.redis.hget(KEYS.jobs, "job-7")
    store.install("", at("10:20"))
    store.redis.delete(KEYS.gone, KEYS.grave("job-7"))

    store.install(MANY, at("10:20"))

    assert store.redis.hgetall(KEYS.entry("job-7")) == alone
    assert store.redis.hget(KEYS.jobs, "job-7") == revision
    assert store.redis.hlen(KEYS.jobs) == store.redis.zcount(KEYS.schedule, *[at("11:00").timestamp()] * 2) == 450


def test_among_many_new_jobs_those_that_need_care_get_it(store: StoreBench) -> None:
    # Of three slices of 200, one with an entry that is not the file's, and one with a job that is there.
    store.redis.hset(KEYS.entry("job-7"), "definition", "theirs")
    store.install("  job-300: {cron: '0 * * * *', task: a.b}", at("10:00"))

    store.install(MANY, at("10:20"))

    assert store.redis.hgetall(KEYS.entry("job-7")) == {"definition": "theirs"}
    assert read_file_record(store.redis, KEYS).taken == ("job-7",)  # type: ignore[union-attr]
    assert store.mark("job-300") == at("10:00")
    assert store.mark("job-299") == at("10:20")
    assert store.redis.zcard(KEYS.schedule) == 449


def test_a_changed_schedule_begins_when_it_is_installed(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))

    staged = store.install(QUARTERS, at("10:40"), passed=at("10:40"))

    assert staged.difference.changed == ["job"]
    assert store.due("job") == at("10:45")
    assert store.mark("job") == at("10:40")
    assert store.definition("job")["schedule"]["cron"] == "*/15 * * * *"


def test_an_occurrence_that_is_due_under_the_old_schedule_is_dispatched_before_the_new_one_holds(
    store: StoreBench,
) -> None:
    store.install(HOURLY, at("10:20"))

    # Due at 11:00; the pass before looked a moment too early.
    store.install(QUARTERS, at("11:00:01"), passed=at("10:59:59"))
    assert store.due("job") == at("11:00")
    assert store.definition("job")["schedule"]["cron"] == "0 * * * *"

    store.dispatched("job", at("11:00"), at("12:00"))
    store.advance(at("11:00:02"), passed=at("11:00:02"))

    assert store.due("job") == at("11:15")
    assert store.definition("job")["schedule"]["cron"] == "*/15 * * * *"
    assert not store.redis.exists(KEYS.edits)


def test_what_cannot_be_dispatched_holds_its_edit_up_for_a_minute_and_is_then_missed(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install(QUARTERS, at("11:00:01"), passed=at("11:00:01"))
    assert store.due("job") == at("11:00")

    store.advance(at("11:01:00"), passed=at("11:01:00"))
    assert store.due("job") == at("11:00")
    store.advance(at("11:01:01"), passed=at("11:01:01"))

    assert store.due("job") == at("11:15")
    row = store.redis.hgetall(KEYS.run("job@2026-03-02T11:00:00Z"))
    assert (row["outcome"], row["count"], row["until"]) == ("missed", "1", "2026-03-02T11:00:00Z")


def test_without_a_beat_nothing_that_is_due_is_given_up(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install(QUARTERS, at("11:30"), passed=None)

    store.advance(at("15:00"), passed=None)

    assert store.due("job") == at("11:00")


def test_an_edit_that_waits_is_replaced_by_a_later_one(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install(QUARTERS, at("11:00:01"))
    assert store.redis.smembers(KEYS.edits) == {"job"}

    staged = store.install(HOURLY, at("11:00:02"))

    assert staged.difference.changed == ["job"]
    assert not store.redis.exists(KEYS.edits)
    assert store.redis.hget(KEYS.entry("job"), "next") is None
    assert store.due("job") == at("11:00")


def test_another_field_changes_at_once_and_leaves_mark_and_score_alone(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))

    store.install("  job: {cron: '0 * * * *', task: a.b, queue: slow}", at("11:30"))

    assert store.definition("job")["options"]["queue"] == "slow"
    assert (store.mark("job"), store.due("job")) == (at("10:20"), at("11:00"))


def test_a_disabled_job_stops_at_once_and_an_enabled_one_begins_then(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))

    store.install("  job: {cron: '0 * * * *', task: a.b, enabled: false}", at("11:30"))
    assert store.due("job") is None
    store.install(HOURLY, at("13:30"))

    assert store.due("job") == at("14:00")


def test_a_removed_job_stops_at_once_even_where_it_is_due(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))

    staged = store.install("", at("11:30"))

    assert staged.difference.removed == ["job"]
    assert store.names() == []
    assert not store.redis.exists(KEYS.entry("job"))


def test_a_job_that_comes_back_within_minutes_goes_on_from_its_mark(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install("", at("10:59:59"))
    assert 0 < store.redis.ttl(KEYS.grave("job")) <= GRAVE_SECONDS

    store.install(HOURLY, at("11:00:02"))

    assert (store.mark("job"), store.due("job")) == (at("10:20"), at("11:00"))
    assert store.redis.ttl(KEYS.entry("job")) == -1
    assert not store.redis.exists(KEYS.grave("job"))


def test_a_job_that_comes_back_later_begins_anew(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install("", at("10:59:59"))
    store.redis.delete(KEYS.grave("job"))

    store.install(HOURLY, at("11:00:02"))

    assert store.due("job") == at("12:00")


def test_a_job_that_comes_back_with_another_schedule_begins_then(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install("", at("10:30"))

    store.install(QUARTERS, at("10:31"))

    assert store.due("job") == at("10:45")


RENAMED = "  new: {cron: '0 * * * *', task: a.b, was: job}"
ENDED, LIVE = "job@2026-03-02T09:00:00Z", "job@2026-03-02T10:00:00Z"


def with_runs(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.redis.zadd(KEYS.runs("job"), {ENDED: 1})
    store.redis.zadd(KEYS.history, {ENDED: 1})
    store.redis.hset(KEYS.run(ENDED), mapping={"v": 1, "state": "ended", "outcome": "succeeded", "dispatched": 1})
    store.redis.zadd(KEYS.live("job"), {LIVE: 2})


def is_carried(store: StoreBench) -> None:
    assert store.names() == ["new"]
    assert (store.mark("new"), store.due("new")) == (at("10:20"), at("11:00"))
    assert store.definition("new")["name"] == "new"
    history = History(store.redis, KEYS)
    assert [row.id for row in history.ended("new")] == [ENDED]
    assert list(history.latest(["new"])) == ["new"]
    assert store.redis.zrange(KEYS.live("new"), 0, -1) == [LIVE]
    for key in (KEYS.entry("job"), KEYS.runs("job"), KEYS.live("job"), KEYS.grave("job")):
        assert not store.redis.exists(key)


def test_a_renamed_job_takes_mark_score_and_history_along(store: StoreBench) -> None:
    with_runs(store)

    # Due already, and not dispatched: it is dispatched under its new name.
    staged = store.install(RENAMED, at("11:00:01"))

    assert staged.difference.renamed == {"new": "job"}
    assert (staged.difference.added, staged.difference.removed) == ([], [])
    is_carried(store)


def test_a_rename_in_two_saves_carries_as_well(store: StoreBench) -> None:
    with_runs(store)
    store.install("", at("10:59"))

    store.install(RENAMED, at("11:00:01"))

    is_carried(store)


def test_a_rename_with_another_schedule_waits_for_what_is_due(store: StoreBench) -> None:
    with_runs(store)
    store.install("  new: {cron: '*/15 * * * *', task: a.b, was: [other, job]}", at("11:00:01"))
    assert (store.due("new"), store.names()) == (at("11:00"), ["new"])

    store.dispatched("new", at("11:00"), at("12:00"))
    store.advance(at("11:00:02"), passed=at("11:00:02"))

    assert store.due("new") == at("11:15")


def test_a_former_name_carries_nothing_to_a_job_that_is_there(store: StoreBench) -> None:
    store.install(HOURLY + "\n  new: {cron: '30 * * * *', task: a.b}", at("10:20"))

    store.install("  new: {cron: '30 * * * *', task: a.b, was: job}", at("10:40"))

    assert (store.names(), store.due("new")) == (["new"], at("10:30"))
    assert store.redis.exists(KEYS.grave("job"))


def test_a_run_that_ends_after_its_job_was_renamed_ends_under_the_new_name(store: StoreBench) -> None:
    with_runs(store)
    store.install(RENAMED, at("10:59"))
    store.install("  newest: {cron: '0 * * * *', task: a.b, was: new}", at("10:59"))

    end = Transition(store.redis, KEYS, "end_run(ARGV[3], 'succeeded', '', {})")
    end(3, LIVE)

    assert store.redis.zrange(KEYS.runs("newest"), 0, -1) == [ENDED, LIVE]
    assert not store.redis.exists(KEYS.live("newest"), KEYS.runs("job"), KEYS.runs("new"))


def test_a_new_job_under_a_former_name_is_another_one(store: StoreBench) -> None:
    with_runs(store)
    store.install(RENAMED, at("10:59"))

    store.install(RENAMED.replace(", was: job", "") + "\n" + HOURLY, at("11:30"))

    assert store.due("job") == at("12:00")
    assert list(History(store.redis, KEYS).ended("job")) == []
    assert [row.id for row in History(store.redis, KEYS).ended("new")] == [ENDED]


def test_a_rename_with_a_long_history_is_as_much_work_as_many_entries(store: StoreBench) -> None:
    many = [f"job-{number}" for number in range(20)]
    store.install("\n".join(f"  {name}: {{every: 1h, task: a.b}}" for name in many), at("10:20"))
    for name in many:
        store.redis.zadd(KEYS.runs(name), {f"{name}@{number}": number for number in range(1_000)})
    renamed = "\n".join(f"  new-{name}: {{every: 1h, task: a.b, was: {name}}}" for name in many)
    store.stage(renamed, at("10:30"))

    store.installation._carrying.slice(TOKEN, at("10:30"), most=200)

    assert len([name for name in store.names() if name.startswith("new-")]) == 3


def test_a_name_that_an_application_holds_is_left_to_it(store: StoreBench) -> None:
    store.redis.hset(KEYS.entry("job"), "definition", "theirs")

    staged = store.stage(HOURLY + "\n  other: {every: 1h, task: a.b}", at("10:20"))
    progress = store.advance(at("10:20"))

    assert staged.answer is Answer.STAGED
    assert progress.taken == ["job"]
    assert store.redis.hgetall(KEYS.entry("job")) == {"definition": "theirs"}
    assert store.names() == ["other"]
    record = read_file_record(store.redis, KEYS)
    assert record is not None
    assert record.taken == ("job",)


@pytest.mark.parametrize("kind", ["a string", "a list"])
def test_a_key_of_another_type_in_an_entrys_place_spoils_nothing(store: StoreBench, kind: str) -> None:
    store.install(HOURLY, at("10:20"))
    store.redis.delete(KEYS.entry("job"))
    if kind == "a string":
        store.redis.set(KEYS.entry("job"), "x")
    else:
        store.redis.lpush(KEYS.entry("job"), "x")

    store.install(QUARTERS + "\n  other: {every: 1h, task: a.b}", at("10:40"))
    assert "other" in store.names()
    store.install("", at("10:41"))

    assert store.names() == []


def test_an_entry_whose_hash_is_gone_is_made_anew(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.redis.delete(KEYS.entry("job"))
    store.redis.zrem(KEYS.schedule, KEYS.entry("job"))

    store.install(QUARTERS, at("10:40"))

    assert store.due("job") == at("10:45")


def test_nothing_is_carried_out_under_a_token_that_does_not_lead(store: StoreBench) -> None:
    file = store.file(HOURLY).model_copy(update={"pools": {"db": 1}})
    store.staging.stage(file, Offer("schedules.yaml", "a test", 10_000, TOKEN), at("10:20"))

    progress = store.advance(at("10:20"), token="another's")

    assert not progress.leading
    assert store.names() == []
    assert not store.redis.exists(KEYS.pools)
    assert read_pending(store.redis, KEYS) is not None


def test_an_edit_is_not_settled_under_a_token_that_does_not_lead(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install(QUARTERS, at("11:00:01"))
    store.dispatched("job", at("11:00"), at("12:00"))
    store.redis.set(KEYS.lock, "another's")

    store.advance(at("11:00:02"), passed=at("11:00:02"))

    assert store.due("job") == at("12:00")


def test_a_leader_that_dies_in_mid_installation_is_followed_by_one_that_goes_on(store: StoreBench) -> None:
    many = "\n".join(f"  job-{number}: {{every: 1h, task: a.b}}" for number in range(500))
    store.stage(many, at("10:20"))
    carrying = store.installation._carrying
    carrying.slice(TOKEN, at("10:20"), most=100)
    assert len(store.names()) == 100

    store.redis.set(KEYS.lock, "the next one's")
    progress = store.advance(at("10:20:05"), token="the next one's")

    assert progress.finished is not None
    assert progress.finished.added == 500
    assert len(store.names()) == 500
    assert store.redis.keys("*:staged:*") == []


def test_one_file_is_installed_after_the_other(store: StoreBench) -> None:
    assert store.stage(HOURLY, at("10:20")).answer is Answer.STAGED

    assert store.stage(QUARTERS, at("10:20")).answer is Answer.BUSY

    store.advance(at("10:20"))
    assert store.definition("job")["schedule"]["cron"] == "0 * * * *"
    assert store.install(QUARTERS, at("10:20")).answer is Answer.STAGED


class Interrupted(list[Job]):
    """The jobs of a file; when they are first gone through, another file is installed."""

    def __init__(self, jobs: Iterable[Job], install: Callable[[], object]) -> None:
        super().__init__(jobs)
        self._install = install

    def __iter__(self) -> Iterator[Job]:
        install, self._install = self._install, lambda: None
        install()
        return super().__iter__()


class Jobs(dict[str, Job]):
    """Jobs by name, whose values are these."""

    def __init__(self, jobs: Interrupted) -> None:
        super().__init__()
        self._jobs = jobs

    def values(self) -> Any:
        return self._jobs


def test_changes_against_a_file_that_is_in_force_no_more_are_not_carried_out(store: StoreBench) -> None:
    file = store.file(HOURLY)
    jobs = Interrupted(file.jobs.values(), lambda: store.install("  another: {every: 1h, task: a.b}", at("10:20")))
    file = file.model_copy(update={"jobs": Jobs(jobs)})

    staged = store.staging.stage(file, Offer("schedules.yaml", "a test", 10_000, TOKEN), at("10:20"), content="hourly")

    assert staged.answer is Answer.BUSY
    assert store.names() == ["another"]
    assert store.redis.keys("*:staged:*") == []


def test_an_entry_that_was_changed_by_someone_else_is_left_and_named(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.stage(QUARTERS, at("10:40"))
    store.redis.hset(KEYS.jobs, "job", "somebody's revision")

    assert store.advance(at("10:40")).moved == ["job"]
    assert store.due("job") == at("11:00")


def test_a_leader_that_lost_its_lease_stages_nothing(store: StoreBench) -> None:
    store.redis.set(KEYS.lock, "another's")

    assert store.stage(HOURLY, at("10:20")).answer is Answer.NOT_LEADING
    assert read_pending(store.redis, KEYS) is None


def test_what_a_later_version_staged_is_left_to_it(store: StoreBench) -> None:
    store.stage(HOURLY, at("10:20"))
    store.redis.hset(KEYS.pending, "v", 2)

    progress = store.advance(at("10:20"))

    assert progress.is_newer
    assert (progress.is_over, store.names()) == (True, [])


def test_an_edit_that_a_later_version_laid_down_is_left_to_it(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.install(QUARTERS, at("11:00:01"))
    edit = json.loads(store.redis.hget(KEYS.entry("job"), "next"))
    store.redis.hset(KEYS.entry("job"), "next", json.dumps({**edit, "v": 2}))
    store.dispatched("job", at("11:00"), at("12:00"))

    store.advance(at("11:05"), passed=at("11:05"))

    assert store.due("job") == at("12:00")


def laid_down(**changes: Any) -> str:
    edit = {"v": FORM_VERSION, "rev": "r.r 5 ", "definition": "{}", "job": "{}", "since": "1"}
    return json.dumps({**edit, **changes})


@pytest.mark.parametrize(
    "found",
    [
        pytest.param("not JSON", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param("7", id="a number"),
        pytest.param("{}", id="nothing"),
        pytest.param("[" * 100_000, id="without an end"),
        pytest.param('{"v": 1}', id="a version only"),
        pytest.param(laid_down(v="1"), id="a version that is a text"),
        pytest.param(laid_down(rev=5), id="a revision that is a number"),
        pytest.param(laid_down(definition={}), id="a definition that is an object"),
        pytest.param(laid_down(since="soon"), id="a time that is none"),
        pytest.param(laid_down(since="inf"), id="a time that never comes"),
    ],
)
def test_a_damaged_edit_is_named_and_stops_no_other(store: StoreBench, found: str) -> None:
    before = "\n".join(HOURLY.replace("job", name) for name in ("job", "other"))
    after = "\n".join(QUARTERS.replace("job", name) for name in ("job", "other"))
    store.install(before, at("10:20"))
    store.install(after, at("11:00:01"))
    assert store.redis.smembers(KEYS.edits) == {"job", "other"}
    store.redis.hset(KEYS.entry("job"), "next", found)
    for name in ("job", "other"):
        store.dispatched(name, at("11:00"), at("12:00"))

    progress = store.advance(at("11:00:02"))

    assert progress.damaged == ["job"]
    assert store.redis.smembers(KEYS.edits) == set()
    assert (store.due("job"), store.due("other")) == (at("12:00"), at("11:15"))
    applied = store.staging.stage(store.file(after), Offer("applied", "somebody"), at("11:00:03"))
    assert applied.difference.changed == ["job"]
    store.advance(at("11:00:03"))
    assert store.due("job") == at("11:15")


def test_edits_of_jobs_that_are_not_there_are_forgotten(store: StoreBench) -> None:
    store.install(HOURLY + "\n  gone: {every: 1h, task: a.b}\n  text: {every: 1h, task: a.b}", at("10:20"))
    store.redis.sadd(KEYS.edits, "job", "gone", "text", "nowhere")
    store.redis.delete(KEYS.entry("gone"), KEYS.entry("text"))
    store.redis.set(KEYS.entry("text"), "of another type")

    progress = store.advance(at("10:40"))

    assert sorted(progress.damaged) == ["gone", "text"]
    assert store.redis.smembers(KEYS.edits) == set()
    assert store.due("job") == at("11:00")
    store.redis.delete(KEYS.entry("text"))
    store.install(QUARTERS + "\n  gone: {every: 1h, task: a.b}\n  text: {every: 1h, task: a.b}", at("10:41"))
    assert {"gone", "text"} <= set(store.names())
    assert store.redis.hexists(KEYS.entry("gone"), "definition")


def test_a_damaged_edit_is_left_to_the_beat_that_leads(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.redis.sadd(KEYS.edits, "job")
    store.redis.hset(KEYS.entry("job"), "next", "not JSON")

    store.installation._edits.settle("another's", at("10:40"), None)

    assert store.redis.smembers(KEYS.edits) == {"job"}
    assert store.redis.hget(KEYS.entry("job"), "next") == "not JSON"


def test_a_job_that_was_parked_goes_on_from_its_mark(store: StoreBench) -> None:
    store.install(HOURLY, at("10:20"))
    store.redis.zadd(KEYS.schedule, {KEYS.entry("job"): -1})

    store.install("  job: {cron: '0 * * * *', task: a.c}", at("11:30"))

    assert store.due("job") == at("11:00")
    assert store.mark("job") == at("10:20")


def test_pools_become_those_of_the_file_with_its_first_jobs(store: StoreBench) -> None:
    store.redis.hset(KEYS.pools, mapping={"old": 1, "db": 2, "gpu": 3})
    file = store.file(HOURLY).model_copy(update={"pools": {"db": 4, "gpu": 3}})
    store.staging.stage(file, Offer("schedules.yaml", "a test", 10_000, TOKEN), at("10:20"))
    assert store.redis.hget(KEYS.pools, "db") == "2"

    store.advance(at("10:20"))

    assert store.redis.hgetall(KEYS.pools) == {"db": "4", "gpu": "3"}
    assert store.redis.smembers(KEYS.look) == {"pold", "pdb"}
