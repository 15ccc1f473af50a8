"""Clock changes of ten zones, walked through by a real beat with the clock in the test's hand.

What lands on the queue is compared with the timetable, and with oracles that share nothing with it: Debian's own loop
over the minutes, and cronsim on naive wall times. By default the ten days on either side of each change are walked
through, and three by a beat that sleeps over it; `-m slow` walks through the whole years.
"""

import json
import random
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from freezegun import freeze_time

from scheduler.cli import cli
from scheduler.cli.invocation import Invocation
from scheduler.jobs import Job
from scheduler.jobs.load import load
from scheduler.timetable import Cron, Occurrence, zone
from tests.integration.conftest import Servers
from tests.integration.debian_minutes import Plain, debian_runs
from tests.integration.walk import Dispatched, Walk
from tests.servers import client_url, flush
from tests.unit.timetable import oracle

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(milliseconds=1)
# On either side of a change, the beat looks at each due time and at the moment before it.
CLOSE = 15 * HOUR
LONGEST_JUMP = 2 * DAY

EVERY_HOUR = tuple(range(24))
PLAIN = {
    "half-past-two": Plain("30 2 * * *", (30,), (2,)),
    "two": Plain("0 2 * * *", (0,), (2,)),
    "midnight": Plain("0 0 * * *", (0,), (0,)),
    "late": Plain("30 23 * * *", (30,), (23,)),
    "sundays": Plain("30 1 * * 0", (30,), (1,), (6,)),
    # Several of these fall into one gap, and into one fold.
    "nights": Plain("0,30 1-3,23 * * *", (0, 30), (1, 2, 3, 23)),
    "hourly": Plain("15 * * * *", (15,), EVERY_HOUR),
    "half-hours": Plain("*/30 0-3,22-23 * * *", (0, 30), (0, 1, 2, 3, 22, 23)),
}
# By cronsim: their rules for clock changes are not Debian's.
RULED = {
    "skipped": 'cron: "0,30 0-3,23 * * *", dst: {gap: skip, fold: second}',
    "shifted": 'cron: "0,30 0-3,23 * * *", dst: {gap: shift, fold: both}',
}
OTHERS = {"every-7h": "every: 7h"}


@dataclass(frozen=True)
class Stretch:
    """A time to walk through, in (start, end], and the clock changes that are in it."""

    timezone: str
    start: datetime
    end: datetime
    changes: tuple[datetime, ...]

    def __str__(self) -> str:
        return f"{self.timezone} {(self.changes or (self.start,))[0]:%Y-%m-%d}"


# All in the past, where no new law changes them: in a year with two of them at least.
CHANGES = {
    "Europe/Berlin": ("2025-03-30T01:00", "2025-10-26T01:00"),
    "America/New_York": ("2025-03-09T07:00", "2025-11-02T06:00"),
    "Australia/Lord_Howe": ("2025-04-05T15:00", "2025-10-04T15:30"),
    "Africa/Casablanca": ("2025-02-23T02:00", "2025-04-06T02:00"),
    "America/Santiago": ("2025-04-06T03:00", "2025-09-07T04:00"),
    "Asia/Tehran": ("2021-03-21T20:30", "2021-09-21T19:30"),
    "Pacific/Apia": ("2011-04-02T14:00", "2011-09-24T14:00", "2011-12-30T10:00"),
    "America/Nuuk": ("2024-03-31T01:00", "2024-10-27T01:00"),
    "Africa/Cairo": ("2025-04-24T22:00", "2025-10-30T21:00"),
    "Antarctica/Troll": ("2025-03-30T01:00", "2025-10-26T01:00"),
}
# A zone that has done away with the changes, and one whose standard time itself changed.
UNCHANGING = ("Asia/Tehran", 2026)
ONCE_ONLY = ("America/Nuuk", ("2023-03-26T01:00",))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _year(timezone: str, year: int, changes: Iterable[str] = ()) -> Stretch:
    start = datetime(year, 1, 1, tzinfo=UTC)
    return Stretch(timezone, start, start.replace(year=year + 1), tuple(map(_instant, changes)))


def _around(timezone: str, change: str, length: timedelta) -> Stretch:
    at = _instant(change)
    return Stretch(timezone, at - length, at + length, (at,))


def _stretches(length: timedelta) -> Iterator[Stretch]:
    for timezone, changes in (*CHANGES.items(), ONCE_ONLY):
        for change in changes:
            yield _around(timezone, change, length)
    # Here the changes would be.
    yield replace(_around(UNCHANGING[0], f"{UNCHANGING[1]}-03-21T20:30", length), changes=())


def _years() -> Iterator[Stretch]:
    for timezone, changes in (*CHANGES.items(), ONCE_ONLY):
        yield _year(timezone, _instant(changes[0]).year, changes)
    yield _year(*UNCHANGING)


@pytest.fixture
def url(servers: Servers) -> str:
    """One server is enough: what is asked here does not depend on it."""
    address = servers.address("valkey")
    flush(address)
    return client_url(address)


def written(timezone: str) -> str:
    plain = {name: f'cron: "{job.cron}"' for name, job in PLAIN.items()}
    lines = [f"  {name}: {{{when}, task: a.b}}" for name, when in {**plain, **RULED, **OTHERS}.items()]
    head = [f"timezone: {timezone}", "defaults: {catch_up: {policy: all, within: 7d}}", "jobs:"]
    return "\n".join([*head, *lines, ""])


def jobs_of(path: Path) -> dict[str, Job]:
    return load(path, {}, max_bytes=1_000_000).file.jobs


def pauses(stretch: Stretch, dues: list[datetime], *, awake: bool) -> Iterator[datetime]:
    """Yield the times of the passes: jumps up to two days long; near a change each due time if the beat is awake."""
    chance = random.Random(str(stretch))
    now = stretch.start
    for change in stretch.changes if awake else ():
        now = yield from _jumps(now, change - CLOSE, chance)
        for due in dues:
            if now < due - MOMENT and due <= change + CLOSE:
                yield due - MOMENT
                yield due
                now = due
    yield from _jumps(now, stretch.end, chance)


def _jumps(now: datetime, end: datetime, chance: random.Random) -> Generator[datetime, None, datetime]:
    while now < end:
        now = min(end, now + timedelta(seconds=chance.randint(60, LONGEST_JUMP // timedelta(seconds=1))))
        yield now
    return now


def walk_through(stretch: Stretch, walk: Walk, *, awake: bool) -> dict[str, Job]:
    """Let the beat pass through the stretch; returns the jobs of its file."""
    jobs = jobs_of(walk.bench.file)
    dues = sorted({due.dispatch for job in jobs.values() for due in expected(job, stretch)})
    walk.install(jobs)
    for now in pauses(stretch, dues, awake=awake):
        walk.to(now)
    return jobs


def expected(job: Job, stretch: Stretch) -> list[Occurrence]:
    return list(job.timetable.due(stretch.start, stretch.end))


def check(stretch: Stretch, url: str, folder: Path, *, awake: bool) -> None:
    with Walk(url, folder, written(stretch.timezone), stretch.start) as walk:
        jobs = walk_through(stretch, walk, awake=awake)
        check_the_runs_are_those_of_the_timetable(walk.dispatched, jobs, stretch)
        check_the_runs_are_those_of_the_oracles(walk.dispatched, jobs, stretch)
        check_no_interval_is_left_out(walk.dispatched)
        assert walk.rows() == {run.run_id: ("dispatched", run.at) for run in walk.dispatched}
        assert walk.missed() == []


def check_the_runs_are_those_of_the_timetable(
    dispatched: list[Dispatched], jobs: dict[str, Job], stretch: Stretch
) -> None:
    times = {(job.name, due.nominal): due.dispatch for job in jobs.values() for due in expected(job, stretch)}
    found = [(run.job, run.nominal) for run in dispatched]
    assert sorted(found) == sorted(times)
    for run in dispatched:
        assert run.run_id == f"{run.job}@{run.nominal:%Y-%m-%dT%H:%M:%SZ}"
        assert run.since < times[run.job, run.nominal] <= run.at


def check_the_runs_are_those_of_the_oracles(
    dispatched: list[Dispatched], jobs: dict[str, Job], stretch: Stretch
) -> None:
    found: dict[str, list[datetime]] = defaultdict(list)
    for run in dispatched:
        found[run.job].append(run.nominal)
    plain = {(name, nominal) for name in PLAIN for nominal in found[name]}
    assert plain == debian_runs(PLAIN, zone(stretch.timezone), stretch.start, stretch.end)
    for name in RULED:
        cron = jobs[name].timetable.schedule
        assert isinstance(cron, Cron)
        assert found[name] == oracle.expected(cron, stretch.start, stretch.end)
    hours = range(int(stretch.start.timestamp()) // 3600 + 1, int(stretch.end.timestamp()) // 3600 + 1)
    assert found["every-7h"] == [datetime.fromtimestamp(hour * 3600, UTC) for hour in hours if hour % 7 == 0]


def check_no_interval_is_left_out(dispatched: list[Dispatched]) -> None:
    last: dict[str, datetime] = {}
    for run in dispatched:
        assert run.previous == last.get(run.job, run.previous)
        last[run.job] = run.nominal


@pytest.mark.parametrize("stretch", [*_stretches(10 * DAY)], ids=str)
def test_a_beat_that_is_awake_runs_each_job_once_at_its_time(stretch: Stretch, url: str, tmp_path: Path) -> None:
    check(stretch, url, tmp_path, awake=True)


@pytest.mark.parametrize("stretch", [*_stretches(3 * DAY)], ids=str)
def test_a_beat_that_sleeps_over_the_change_makes_up_each_run_once(stretch: Stretch, url: str, tmp_path: Path) -> None:
    check(stretch, url, tmp_path, awake=False)


@pytest.mark.slow
@pytest.mark.parametrize("stretch", [*_years()], ids=str)
@pytest.mark.parametrize("awake", [True, False], ids=["awake", "asleep"])
def test_a_whole_year_is_walked_through(stretch: Stretch, url: str, tmp_path: Path, awake: bool) -> None:
    check(stretch, url, tmp_path, awake=awake)


@pytest.mark.parametrize("stretch", [*_years()], ids=str)
def test_the_changes_are_where_this_file_says(stretch: Stretch) -> None:
    place = zone(stretch.timezone)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(place).utcoffset()

    quarters = (stretch.start + number * HOUR / 4 for number in range(366 * 96))
    changes = [at for at in quarters if at < stretch.end and offset(at) != offset(at - MOMENT)]
    assert changes == list(stretch.changes)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"])
def test_the_command_line_foretells_what_the_beat_dispatches(timezone: str, url: str, tmp_path: Path) -> None:
    stretch = _around(timezone, CHANGES[timezone][-1], 2 * DAY)
    with Walk(url, tmp_path, written(timezone), stretch.start) as walk:
        walk_through(stretch, walk, awake=True)

    arguments = ["next", "-n", "100000", "--until", "4d", "--json"]
    with freeze_time(stretch.start):
        result = CliRunner().invoke(cli, arguments, obj=Invocation(environ={"SCHEDULER_FILE": str(walk.bench.file)}))

    foretold = json.loads(result.stdout)["runs"]
    times = {f"{run['job']}@{run['occurrence']}": datetime.fromisoformat(run["dispatch"]) for run in foretold}
    assert len(times) == len(foretold)
    assert sorted(times) == sorted(run.run_id for run in walk.dispatched)
    assert all(run.since < times[run.run_id] <= run.at for run in walk.dispatched)
    assert list(times.values()) == sorted(times.values())
