"""What jitter would make of a full minute. The numbers come from real dispatch times, so only bounds are known."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scheduler.cli.flatten import flatten
from scheduler.jobs import Job
from scheduler.timetable import EPOCH, Cron, Every, Jitter, Schedule
from tests.unit.cli.making import job

TWO = int((datetime(2026, 3, 27, 2, tzinfo=UTC) - EPOCH).total_seconds()) // 60
NIGHTLY = Cron("0 2 * * *")


def many(number: int, schedule: Schedule, name: str = "job") -> list[Job]:
    return [job(f"{name}-{one}", schedule) for one in range(number)]


def peak(jobs: Sequence[Job], length: timedelta) -> int:
    """Count minute by minute where the runs of 02:00 go, by another way than the code under test."""
    begins = EPOCH + timedelta(minutes=TWO)
    minutes: list[int] = []
    for one in jobs:
        spread = job(one.name, one.timetable.schedule, spread=Jitter(length, one.name)).timetable
        run = spread.next(begins - timedelta(seconds=1))
        assert run is not None
        assert run.nominal == begins
        minutes.append((run.dispatch - begins) // timedelta(minutes=1))
    return max(map(minutes.count, minutes))


def test_a_herd_is_spread_over_two_minutes_for_each_job_at_most() -> None:
    jobs = many(14, NIGHTLY)

    found = flatten(TWO, jobs)

    assert found is not None
    assert (found.jobs, found.length, len(found.spread)) == (14, timedelta(minutes=30), 14)
    assert found.leaves == peak(jobs, timedelta(minutes=30))


def test_a_large_herd_is_spread_over_two_hours() -> None:
    jobs = many(600, NIGHTLY)

    found = flatten(TWO, jobs)

    assert found is not None
    assert found.length == timedelta(hours=2)
    assert found.leaves == peak(jobs, timedelta(hours=2))


def test_jobs_that_run_too_often_for_the_jitter_stay_and_count() -> None:
    frequent, nightly = many(4, Cron("*/5 * * * *"), "often"), many(20, NIGHTLY)

    found = flatten(TWO, [*frequent, *nightly])

    assert found is not None
    assert (found.jobs, len(found.spread)) == (24, 20)
    assert {one.name for one in found.spread} == {one.name for one in nightly}
    # The frequent ones are together at 02:00, 02:05 ... whatever is spread between them.
    assert 4 <= found.leaves < 24


def test_the_length_is_shorter_than_the_interval_of_those_that_are_spread() -> None:
    found = flatten(TWO, many(100, Cron("*/20 * * * *")))

    assert found is not None
    assert found.length == timedelta(minutes=15)


def test_jobs_that_have_jitter_keep_theirs() -> None:
    spread = [job(f"spread-{one}", NIGHTLY, spread=Jitter(timedelta(seconds=30), f"{one}")) for one in range(10)]

    assert flatten(TWO, spread) is None


def test_nothing_is_said_where_nothing_can_be_gained() -> None:
    assert flatten(TWO, many(50, Every(timedelta(minutes=1)))) is None
    assert flatten(TWO, many(3, NIGHTLY)) is None
    assert flatten(TWO, []) is None
