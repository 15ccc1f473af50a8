"""How runs go on, as the file says it: retries, overlap, expiry, pools, and what does not go together."""
# ruff: noqa: E501 - a row holds the whole sentence

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.jobs import Job
from scheduler.jobs.load import load

MARK = "▸"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def job(read, rest: str, head: str = "") -> Job:
    """Load one job that says this beside what each must say."""
    found: Job = read(f"{head}\njobs:\n  a: {{every: 1h, task: x, {rest}}}").file.jobs["a"]
    return found


def test_a_job_that_says_nothing_is_tried_once_and_never_beside_itself(read) -> None:
    found = job(read, "")

    assert (found.retries.max, found.on_lost, found.overlap.policy, found.expires, found.uses) == (
        0,
        "fail",
        "skip",
        None,
        {},
    )


def test_each_key_has_its_long_form(read) -> None:
    found = job(
        read,
        "retries: {max: 3, backoff: 30s, max_backoff: 5m, jitter: 0.5, on: [timed_out]}, on_lost: rerun,"
        " overlap: {policy: queue, limit: 3}, expires: 10m, uses: {db: 2}",
        "pools: {db: 2}",
    )

    assert (found.retries.max, found.retries.backoff, found.retries.policy.max_backoff) == (
        3,
        timedelta(seconds=30),
        timedelta(minutes=5),
    )
    assert (found.retries.jitter, found.retries.on) == (0.5, ["timed_out"])
    assert (found.on_lost, found.overlap.policy, found.overlap.limit) == ("rerun", "queue", 3)
    assert (found.expires, found.uses) == (timedelta(minutes=10), {"db": 2})


def test_each_map_has_a_short_form_for_its_first_key(read) -> None:
    found = job(read, "retries: 2, overlap: queue, uses: db", "pools: {db: 2}")

    assert (found.retries.max, found.retries.backoff, found.retries.policy.max_backoff) == (
        2,
        timedelta(seconds=30),
        timedelta(hours=1),
    )
    assert found.retries.on == ["failed", "timed_out"]
    assert (found.overlap.policy, found.overlap.limit, found.uses) == ("queue", 1, {"db": 1})
    assert job(read, "retries: {max: 1, on: failed}").retries.on == ["failed"]


def test_the_limit_of_a_queue_may_stand_beside_it(read) -> None:
    assert job(read, "overlap: queue, queue_limit: 4").overlap.limit == 4
    assert job(read, "queue_limit: 4", "defaults: {overlap: queue}").overlap.limit == 4


def test_a_backoff_beyond_the_longest_is_the_longest_itself(read) -> None:
    assert job(read, "retries: {max: 1, backoff: 2h}").retries.policy.max_backoff == timedelta(hours=2)


def test_defaults_hold_for_jobs_that_do_not_say_otherwise(read) -> None:
    head = "pools: {db: 2}\ndefaults: {retries: 2, on_lost: rerun, overlap: allow, expires: 1h, uses: db}"

    found = job(read, "", head)
    assert (found.retries.max, found.on_lost, found.overlap.policy) == (2, "rerun", "allow")
    assert (found.expires, found.uses) == (timedelta(hours=1), {"db": 1})
    other = job(read, "retries: 0, on_lost: fail, overlap: skip, expires: 5m, uses: {}", head)
    assert (other.retries.max, other.on_lost, other.overlap.policy) == (0, "fail", "skip")
    assert (other.expires, other.uses) == (timedelta(minutes=5), {})


def test_how_long_a_run_may_wait_can_come_from_the_environment(read) -> None:
    assert read('jobs: {a: {every: 1h, task: x, expires: "${E}"}}', E="7m").file.jobs["a"].expires == timedelta(
        minutes=7
    )


def test_pools_belong_to_the_file(read) -> None:
    assert read("pools: {db: 2, api: 1}\njobs: {}").file.pools == {"db": 2, "api": 1}
    assert read("jobs: {}").file.pools == {}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        pytest.param("▸retrys: 2", 'a.retrys: the key "retrys" is not known (did you mean "retries"?)', id="typo"),
        pytest.param("retries: ▸-1", "a.retries: -1 is not a number of retries, expected a whole number from 0 to 1000", id="fewer than none"),
        pytest.param("retries: ▸1001", "a.retries: 1001 is not a number of retries", id="too many"),
        pytest.param("retries: ▸true", "a.retries: True is not a number of retries, expected a number of further attempts", id="truth"),
        pytest.param("retries: ▸two", "a.retries: 'two' is not a number of retries", id="word"),
        pytest.param("retries: ▸1.5", "a.retries: 1.5 is not a number of retries", id="fraction"),
        pytest.param("retries: ▸[2]", "a.retries: [2] is not a number of retries", id="list"),
        pytest.param("retries: {max: 1, backoff: ▸5}", "a.retries.backoff: 5 is not a duration", id="no unit"),
        pytest.param("retries: {max: 1, ▸backof: 5s}", 'a.retries.backof: the key "backof" is not known (did you mean "backoff"?), expected one of backoff, jitter, max, max_backoff, on', id="typo in retries"),
        pytest.param("retries: {max: 1, jitter: ▸5s}", "a.retries.jitter: '5s' is not a share, expected the share of a time that may be left out: a number from 0 to 1", id="jitter as duration"),
        pytest.param("retries: {max: 1, jitter: ▸true}", "a.retries.jitter: True is not a share", id="jitter as truth"),
        pytest.param("retries: {max: 1, jitter: ▸1.5}", "a.retries.jitter: 1.5 is not a share", id="more than all"),
        pytest.param("retries: {max: 1, on: [▸faild]}", 'a.retries.on[0]: faild is not known (did you mean "failed"?), expected one of failed, timed_out', id="unknown outcome"),
        pytest.param("retries: {max: 1, on: ▸[]}", "a.retries.on: the list is empty, expected at least one item", id="no outcome"),
        pytest.param("retries: ▸{max: 1, backoff: 1h, max_backoff: 1m}", "a.retries: max_backoff is shorter than backoff", id="bounds crossed"),
        pytest.param("on_lost: ▸retry", 'a.on_lost: retry is not known (did you mean "rerun"?), expected one of fail, rerun', id="on_lost"),
        pytest.param("overlap: ▸skp", 'a.overlap: skp is not known (did you mean "skip"?), expected one of skip, allow, queue, replace', id="overlap"),
        pytest.param("overlap: ▸5", "a.overlap: 5 is not a mapping, expected keys such as policy, limit", id="overlap as number"),
        pytest.param("overlap: {policy: queue, limit: ▸0}", "a.overlap.limit: 0 is not a number of runs, expected a whole number from 1 to 1000", id="nobody waits"),
        pytest.param("overlap: {policy: skip, ▸limit: 2}", 'a.overlap.limit: with "overlap: skip", no run waits for another of its job, expected "queue" as the policy of overlap', id="limit without queue"),
        pytest.param("▸queue_limit: 2", 'a.queue_limit: with "overlap: skip", no run waits for another of its job', id="queue_limit without queue"),
        pytest.param("overlap: {policy: queue, limit: 2}, ▸queue_limit: 2", "a.queue_limit: the limit is said in overlap too, expected one of the two", id="said twice"),
        pytest.param("expires: ▸0s", 'a.expires: "0s" is no time at all', id="no time"),
        pytest.param("▸expires: ", "a.expires: it has no value", id="no value"),
        pytest.param("uses: ▸warehous", 'a.uses: there is no pool "warehous" (did you mean "warehouse"?), expected one of db, warehouse', id="unknown pool"),
        pytest.param("uses: {db: 1, ▸api: 1}", 'a.uses.api: there is no pool "api", expected one of db, warehouse', id="unknown pool of two"),
        pytest.param("uses: {db: ▸3}", 'a.uses.db: the pool "db" has 2, expected at most that, not 3', id="more than there is"),
        pytest.param("uses: {db: ▸0}", "a.uses.db: 0 is not a number of slots, expected a whole number from 1 to 1000000", id="no slot"),
        pytest.param("uses: ▸[db]", "a.uses: ['db'] is not a pool, expected the name of a pool, or slots by name such as \"{db: 1}\"", id="uses as list"),
        pytest.param("uses: ▸2", "a.uses: 2 is not a pool", id="uses as number"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_said_at_its_place(problems, rest: str, expected: str) -> None:
    line = f"  a: {{every: 1h, task: x, {rest}}}"
    place = f"schedules.yaml:3:{line.index(MARK) + 1}: "

    (found,) = problems(f"pools: {{db: 2, warehouse: 1}}\njobs:\n{line.replace(MARK, '')}\n")

    assert found.startswith(place + expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("pools: ▸5", "pools: 5 is not a mapping", id="number"),
        pytest.param("▸pools: ", "pools: it has no value", id="nothing"),
        pytest.param("pools: {db: ▸0}", "pools.db: 0 is not the size of a pool, expected a whole number from 1 to 1000000", id="empty pool"),
        pytest.param("pools: {db: ▸two}", "pools.db: 'two' is not the size of a pool", id="word"),
        pytest.param("pools: {db: ▸true}", "pools.db: True is not the size of a pool", id="truth"),
        pytest.param('pools: {▸"a,b": 1}', 'pools.a,b: "a,b" is not the name of a pool, expected up to 100 letters', id="comma"),
        pytest.param("pools: {▸a b: 1}", 'pools.a b: "a b" is not the name of a pool', id="blank"),
    ],
)  # fmt: skip
def test_a_bad_pool_is_said_at_its_place(problems, text: str, expected: str) -> None:
    place = f"schedules.yaml:1:{text.index(MARK) + 1}: "

    (found,) = problems(f"{text.replace(MARK, '')}\njobs: {{}}\n")

    assert found.startswith(place + expected)


def test_uses_are_looked_at_beside_a_bad_pool_and_a_default_is_said_once(problems) -> None:
    text = "pools: {db: 0}\ndefaults: {uses: {db: 9, dv: 1}}\njobs:\n  a: {every: 1h, task: x}\n  b: {every: 1h, task: x}\n"

    assert [problem.split(", ")[0] for problem in problems(text)] == [
        "schedules.yaml:1:13: pools.db: 0 is not the size of a pool",
        'schedules.yaml:2:26: defaults.uses.dv: there is no pool "dv"',
    ]


def test_a_pool_that_no_file_names_is_told_how_to_be_named(problems) -> None:
    (found,) = problems("jobs: {a: {every: 1h, task: x, uses: db}}")

    assert found.endswith('there is no pool "db", expected it at the top of the file, as in "pools: {db: 2}"')


def checked(folder: Path, text: str) -> list[str]:
    """Return what a check warns of, without the folder."""
    path = folder / "schedules.yaml"
    path.write_text(text)
    return [str(one).removeprefix(f"{folder}/") for one in load(path, {}, max_bytes=10_000, now=NOW).warnings]


def test_a_timeout_is_no_longer_than_a_message_may_be_under_way(tmp_path: Path, problems) -> None:
    from scheduler.jobs import FileProblems

    path = tmp_path / "schedules.yaml"
    path.write_text(
        "defaults: {timeout: 13h}\njobs: {a: {every: 1d, task: x, timeout: 12h1s}, b: {every: 1d, task: x, timeout: 12h}}\n"
    )
    with pytest.raises(FileProblems) as caught:
        load(path, {}, max_bytes=10_000, longest_timeout=timedelta(hours=12))

    assert [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems] == [
        "schedules.yaml:1:21: defaults.timeout: 13h is longer than a message may be under way, expected at most 12h, or a longer SCHEDULER_VISIBILITY_TIMEOUT, the same for all processes",
        "schedules.yaml:2:41: a.timeout: 12h1s is longer than a message may be under way, expected at most 12h, or a longer SCHEDULER_VISIBILITY_TIMEOUT, the same for all processes",
    ]
    assert load(path, {}, max_bytes=10_000, longest_timeout=timedelta(hours=13)).file.jobs


def test_check_warns_of_retries_that_wait_longer_than_the_next_run_is_away(tmp_path: Path) -> None:
    text = "jobs:\n  a: {every: 5m, task: x, retries: {max: 1, backoff: 10m}}\n  b: {every: 5m, task: x, retries: {max: 1, backoff: 5m}}\n"

    assert checked(tmp_path, text) == [
        "schedules.yaml:2:36: a.retries: a retry waits 10m, and two runs are 5m apart, expected a shorter backoff, or runs further apart"
    ]
    by_default = 'defaults: {retries: {max: 1, backoff: 2h}}\njobs:\n  a: {cron: "0 7,8 * * *", task: x}\n'
    assert [one.split(",")[0] for one in checked(tmp_path, by_default)] == [
        "schedules.yaml:3:6: a.retries: a retry waits 2h"
    ]


def test_check_warns_where_runs_that_are_made_up_would_skip_each_other(tmp_path: Path) -> None:
    text = "jobs:\n  a: {every: 5m, task: x, catch_up: all}\n  b: {every: 5m, task: x, catch_up: all, overlap: allow}\n"

    assert checked(tmp_path, text) == [
        'schedules.yaml:2:37: a.catch_up: with "overlap: skip", only one of several runs that catch_up makes up is executed, expected "overlap: allow", or one after the other: "overlap: {policy: queue, limit: 100}"'
    ]
