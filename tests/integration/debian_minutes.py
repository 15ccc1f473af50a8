"""Debian's cron, minute by minute: its loop over the wall clock for the tests' simple jobs, with nothing of ours.

After `cron.c` of Debian's cron 3.0pl1. It keeps two counts of local minutes: the one that the clock shows, and the
one up to which jobs that run at a fixed time were looked at.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_DAY = 24 * 60
_CORRECTION = 3 * 60


@dataclass(frozen=True)
class Plain:
    """A job as lists of minutes, hours and weekdays (Monday is 0), and its fields as the file writes them."""

    cron: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    weekdays: tuple[int, ...] = tuple(range(7))

    @property
    def follows_clock(self) -> bool:
        return "*" in (self.cron.split()[0][0], self.cron.split()[1][0])


class Run(NamedTuple):
    job: str
    nominal: datetime


class Minutes:
    """The jobs by the minute of the week, and who of them runs in a local minute."""

    def __init__(self, jobs: Mapping[str, Plain], *, follow_clock: bool) -> None:
        self._names: dict[int, list[str]] = defaultdict(list)
        for name, job in jobs.items():
            if job.follows_clock == follow_clock:
                for day, hour, minute in product(job.weekdays, job.hours, job.minutes):
                    self._names[day * _DAY + hour * 60 + minute].append(name)

    def find(self, local: int) -> Sequence[str]:
        return self._names.get(local % (7 * _DAY), ())


def debian_runs(jobs: Mapping[str, Plain], place: ZoneInfo, after: datetime, until: datetime) -> set[Run]:
    """The runs in (after, until]. What several missed minutes make run at one instant is one run, as ours coalesce."""
    following, fixed = Minutes(jobs, follow_clock=True), Minutes(jobs, follow_clock=False)
    runs: set[Run] = set()
    virtual = _local(after, place)
    now = after
    while now < until:
        now += _MINUTE
        running = _local(now, place)
        ahead = running - virtual
        runs.update(Run(name, now) for name in following.find(running))
        if ahead > _CORRECTION or ahead <= -_CORRECTION:
            virtual = running - 1
        while virtual < running:
            virtual += 1
            runs.update(Run(name, now) for name in fixed.find(virtual))
    return runs


def _local(now: datetime, place: ZoneInfo) -> int:
    wall = now.astimezone(place)
    # Day 1 is a Monday, so that a week's minutes count from one.
    return (wall.toordinal() - 1) * _DAY + wall.hour * 60 + wall.minute
