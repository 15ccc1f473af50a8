"""A beat that comes back after a long time: what it dispatches, what it says of the rest, and how much at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.jobs import message
from scheduler.jobs.load import load
from scheduler.timetable import Occurrence
from tests.integration.bench import PREFIX
from tests.integration.walk import Walk

# A Friday, so that what moves over the weekend has moved when the beat comes back.
START = datetime(2026, 3, 20, 13, 7, 31, tzinfo=UTC)
# A batch of a thousand runs takes ten times as long, and no part of it does.
SLOW_MICROSECONDS = 1_500
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)

WHEN = {
    "each-seven-minutes": "every: 7m",
    "each-hour-in-berlin": "cron: 15 * * * *, timezone: Europe/Berlin",
    "with-jitter": "every: 10m, jitter: 9m",
    "skipping-days": "cron: '*/7 * * * *', skip_on: weekends",
    "moving": "cron: '*/10 * * * *', timezone: Europe/Berlin, skip_on: weekends, move_to: next_business_day",
    "moving-back": "every: 25m, skip_on: weekends, move_to: previous_business_day, jitter: 3m",
    "in-a-window": "cron: 0 3 * * *, timezone: Europe/Berlin, window: 23:30-02:30",
    "at-listed-times": "at: ['2026-03-21T10:00', '2026-04-01T10:00', '2026-04-28T11:00', '2027-01-01T00:00']",
    "over-already": "at: ['2026-03-21T10:00']",
}
POLICIES = {
    "latest": "latest",
    "all": "{policy: all, within: 365d}",
    "all-of-a-day": "all",
    "skip": "skip",
    "latest-within": "{policy: latest, within: 1h}",
}
CALENDARS = "calendars:\n  weekends: {weekends: true}\n"
JOBS = {
    f"{name}-{policy}": f"{when}, catch_up: {rule}" for name, when in WHEN.items() for policy, rule in POLICIES.items()
}
BACK = START + timedelta(days=39, hours=20, minutes=3, seconds=9)


@dataclass(frozen=True)
class Expected:
    """What is to become of the occurrences that passed, by the rules as docs/schedules.md has them."""

    dispatched: list[Occurrence]
    missed: list[Occurrence]

    @classmethod
    def of(cls, due: list[Occurrence], now: datetime, policy: str) -> "Expected":
        within = {"all": 365 * DAY, "latest-within": timedelta(hours=1), "skip": 10 * SECOND}.get(policy, DAY)
        most = 1_000 if policy.startswith("all") else 1
        chosen = [one for one in due if now - one.dispatch <= within][-most:]
        return cls(chosen, due[: len(due) - len(chosen)])


def file_of(jobs: dict[str, str]) -> str:
    lines = "".join(f"  {name}: {{{rest}, task: bench.task}}\n" for name, rest in jobs.items())
    return f"{CALENDARS}jobs:\n{lines}"


def policy_of(job: str) -> str:
    """Return the policy that its name ends with: the longest, since one may be the end of another."""
    return max((policy for policy in POLICIES if job.endswith(f"-{policy}")), key=len)


def test_what_passed_in_forty_days_follows_the_policy_of_each_job(redis_url: str, tmp_path: Path) -> None:
    with Walk(redis_url, tmp_path, file_of(JOBS), START) as walk:
        walk.install(JOBS)
        walk.to(BACK)
        came: dict[str, list[datetime]] = {name: [] for name in JOBS}
        for one in walk.dispatched:
            came[one.job].append(one.nominal)
        for name, job in load(walk.bench.file, {}, max_bytes=100_000).file.jobs.items():
            expected = Expected.of(list(job.timetable.due(START, BACK)), BACK, policy_of(name))
            assert came[name] == [one.nominal for one in expected.dispatched], name
            assert rows_of_missed(walk, name) == summary(name, expected.missed), name
            assert entry_score(walk, name) == following(job.timetable.next(BACK)), name
        walk.dispatched.clear()
        walk.to(BACK + SECOND / 2)
        assert walk.dispatched == []


def summary(name: str, missed: list[Occurrence]) -> dict[str, dict[str, str]]:
    """Return the one row that says all of it."""
    if not missed:
        return {}
    row = {"count": str(len(missed)), "until": message.instant(missed[-1].nominal), "reason": "catch_up"}
    return {message.run_id(name, missed[0].nominal): {"outcome": "missed", "state": "ended"} | row}


def rows_of_missed(walk: Walk, name: str) -> dict[str, dict[str, str]]:
    runs = [run for run in walk.missed() if run.startswith(f"{name}@")]
    found = {run: walk.bench.redis.hgetall(f"{PREFIX}:run:{run}") for run in runs}
    named = ("count", "until", "reason", "outcome", "state")
    return {run: {field: row[field] for field in named} for run, row in found.items()}


def entry_score(walk: Walk, name: str) -> float | None:
    score = walk.bench.entries()[name]
    return None if score < 0 else score


def following(occurrence: Occurrence | None) -> float | None:
    return occurrence.dispatch.timestamp() if occurrence else None


@pytest.mark.parametrize("policy", ["latest", "all"])
def test_ten_years_of_seconds_are_made_up_in_one_pass(redis_url: str, tmp_path: Path, policy: str) -> None:
    back = START.replace(year=2036)
    seconds = (back - START) // SECOND
    kept = 1_000 if policy == "all" else 1
    jobs = {"second": f"every: 1s, catch_up: {policy}"}
    with Walk(redis_url, tmp_path, file_of(jobs), START) as walk:
        walk.install(jobs)
        walk.to(back)
        assert [one.nominal for one in walk.dispatched] == [back - number * SECOND for number in reversed(range(kept))]
        (row,) = rows_of_missed(walk, "second").items()
        assert row[0] == message.run_id("second", START + SECOND)
        assert (row[1]["count"], row[1]["until"]) == (str(seconds - kept), message.instant(back - kept * SECOND))
        walk.to(back + SECOND)
        assert walk.dispatched[-1].nominal == back + SECOND
        assert len(walk.dispatched) == kept + 1


@pytest.fixture
def watched(redis_url: str, tmp_path: Path) -> Iterator[Walk]:
    """A server that notes down what takes it longer than a moment, and how many arguments that had."""
    jobs = {f"job-{number}": "every: 1m, catch_up: all" for number in range(20)}
    with Walk(redis_url, tmp_path, file_of(jobs), START) as walk:
        walk.install(jobs)
        settings = {"slowlog-log-slower-than": SLOW_MICROSECONDS, "slowlog-max-len": 1_000}
        usual = {name: walk.bench.redis.config_get(name)[name] for name in settings}
        for name, value in settings.items():
            walk.bench.redis.config_set(name, value)
        walk.bench.redis.slowlog_reset()
        yield walk
        for name, value in usual.items():
            walk.bench.redis.config_set(name, value)


def test_jobs_that_catch_up_on_all_are_committed_a_few_at_a_time(watched: Walk) -> None:
    watched.to(START + DAY)
    assert len({one.run_id for one in watched.dispatched}) == len(watched.dispatched) == 20 * 1_000
    assert len(watched.missed()) == 20
    commands = [str(one["command"]) for one in watched.bench.redis.slowlog_get(1_000)]
    lengths = [int(found[1]) for text in commands if (found := re.search(r"\((\d+) more arguments\)", text))]
    # Four arguments for each run: a batch ends with the job whose runs make it a thousand.
    assert sum(length > 3_900 for length in lengths) >= 20
    assert max(lengths) < 4 * 2_100
