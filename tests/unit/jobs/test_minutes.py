"""How many jobs run in each minute."""

from datetime import UTC, datetime, timedelta

from scheduler.jobs import Job
from scheduler.jobs.job import TaskCall
from scheduler.jobs.minutes import begin, jobs_in, jobs_per_minute, shared
from scheduler.timetable import Cron, Every, Jitter, Timetable

START = datetime(2026, 3, 27, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def job(name: str, timetable: Timetable) -> Job:
    return Job(name=name, timetable=timetable, when="", timezone="UTC", kind="task", call=TaskCall(name="a.b"))


def test_jobs_of_one_minute_add_up() -> None:
    jobs = [job("a", Timetable(Cron("0 2 * * *"))), job("b", Timetable(Cron("0 2,3 * * *")))]

    counts = jobs_per_minute(jobs, START, START + DAY)

    assert {begin(minute).isoformat(): number for minute, number in counts.items()} == {
        "2026-03-27T02:00:00+00:00": 2,
        "2026-03-27T03:00:00+00:00": 1,
    }


def test_the_span_holds_its_end_and_not_its_beginning() -> None:
    midnight = [job("a", Timetable(Cron("@daily")))]

    assert list(jobs_per_minute(midnight, START, START + DAY).values()) == [1]
    assert list(jobs_per_minute(midnight, START - INSTANT, START + DAY - INSTANT).values()) == [1]
    assert list(jobs_per_minute(midnight, START - INSTANT, START + DAY).values()) == [1, 1]


def test_a_job_counts_once_in_a_minute() -> None:
    counts = jobs_per_minute([job("busy", Timetable(Every(timedelta(seconds=7))))], START, START + DAY)

    assert len(counts) == 1440
    assert set(counts.values()) == {1}


def test_equal_timetables_are_gone_through_once() -> None:
    same = Timetable(Cron("0 2 * * *"))
    hashed = [job(f"h{number}", Timetable(Cron("H * * * *", seed=f"{number}"))) for number in range(500)]

    jobs = [job("a", same), job("b", same), job("c", Timetable(Cron("0 2 * * *"))), *hashed]

    assert len(shared(jobs)) <= 1 + 60
    assert sum(number for _, number in shared(jobs)) == len(jobs)


def test_a_seed_is_no_reason_to_be_one_where_it_spreads() -> None:
    timetables = [Timetable(Cron("H 2 * * *", seed="a"), spread=Jitter(timedelta(minutes=9), seed)) for seed in "xy"]

    assert len(shared([job("a", timetables[0]), job("b", timetables[1])])) == 2


def test_the_jobs_of_a_minute_are_named_in_their_order() -> None:
    jobs = [
        job("late", Timetable(Cron("1 2 * * *"))),
        job("a", Timetable(Cron("0 2 * * *"))),
        job("b", Timetable(Every(timedelta(seconds=50)))),
    ]
    (two,) = jobs_per_minute(jobs[1:2], START, START + DAY)

    assert [one.name for one in jobs_in(two, jobs)] == ["a", "b"]
