"""Whether a clock change that is to come leaves out a time at which a cron job would run."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scheduler.timetable.changes import clock_changes
from scheduler.timetable.cron import Cron
from scheduler.timetable.dst import Gap
from scheduler.timetable.local_day import local_day
from scheduler.timetable.schedule import EPOCH, INSTANT
from scheduler.timetable.zones import zone

# Zones change their clocks each year, or, where a law is new or a month of the moon decides, within two.
_YEARS_AHEAD = 2


class GapRun(NamedTuple):
    """A run that the clocks skip: the day, and when it happens instead, in the job's zone."""

    day: str
    instead: datetime


@lru_cache(maxsize=4_096)
def next_gap_run(schedule: Cron, now: datetime) -> GapRun | None:
    """Return the next run that exists only because the rule for skipped times makes it; None where there is none."""
    if schedule.dst.gap is Gap.SKIP:
        return None
    without = replace(schedule, dst=replace(schedule.dst, gap=Gap.SKIP))
    for change in clock_changes(schedule.timezone, now.year + _YEARS_AHEAD + 1):
        at = EPOCH + timedelta(seconds=change.at)
        if change.after <= change.before or at <= now:
            continue
        end = at + timedelta(seconds=change.after - change.before)
        made = set(schedule.between(at - INSTANT, end)) - set(without.between(at - INSTANT, end))
        if made:
            first = min(made).astimezone(zone(schedule.timezone))
            return GapRun(local_day(at, schedule.timezone).isoformat(), first)
    return None
