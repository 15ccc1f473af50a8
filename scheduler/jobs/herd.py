"""Notes that many jobs of a file run at one moment, which `jitter` would spread."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from itertools import islice

from scheduler.jobs.findings import Findings
from scheduler.jobs.job import Job
from scheduler.jobs.minutes import begin, jobs_in, minutes, shared
from scheduler.timetable import Cron, zone
from scheduler.timetable.expression import parse_expression

MOST_IN_A_MINUTE = 100
MOST_AT_MIDNIGHT = 9

_AHEAD = timedelta(days=1)
_NAMED = 3
# A file of thousands of different intervals has millions of runs a day; counting them would take longer than reading.
_MOST_STEPS = 100_000
_MIDNIGHT = 1  # the bit of 00:00, and no other


def note_herds(jobs: Iterable[Job], now: datetime, findings: Findings) -> None:
    """Warn of the fullest minute of the day to come, and of the zone with most jobs at midnight.

    Jobs that are disabled, or spread already, are none of the herd.
    """
    candidates = [job for job in jobs if job.enabled and job.timetable.spread is None]
    crowded = _note_minute(candidates, now, findings) if len(candidates) > MOST_IN_A_MINUTE else None
    if len(candidates) > MOST_AT_MIDNIGHT:
        _note_midnight(candidates, crowded, findings)


def _note_minute(jobs: list[Job], now: datetime, findings: Findings) -> datetime | None:
    """Return the minute that it warns of."""
    counts = _counts(jobs, now)
    if not counts:
        return None
    minute, number = max(counts.items(), key=lambda item: (item[1], -item[0]))
    if number <= MOST_IN_A_MINUTE:
        return None
    crowd = list(islice(jobs_in(minute, jobs), _NAMED))
    local = begin(minute).astimezone(zone(crowd[0].timezone)).isoformat(timespec="minutes")
    what = f"{number:,} jobs run in one minute, {local} ({_names(crowd, number)})"
    expected = f'at most {MOST_IN_A_MINUTE}: spread them with "jitter: 30m", or with "H" in cron'
    findings.warning(None, ("jobs",), what, expected)
    return begin(minute)


def _counts(jobs: list[Job], now: datetime) -> Counter[int]:
    """Count as far as the steps go, most jobs first: where they run out, the counts are too low and never too high."""
    counts: Counter[int] = Counter()
    steps = _MOST_STEPS
    for timetable, number in sorted(shared(jobs), key=lambda item: -item[1]):
        for minute in islice(minutes(timetable, now, now + _AHEAD), steps):
            counts[minute] += number
            steps -= 1
        if steps <= 0:
            break
    return counts


def _note_midnight(jobs: list[Job], crowded: datetime | None, findings: Findings) -> None:
    by_zone: dict[str, list[Job]] = {}
    for job in jobs:
        if _is_at_midnight(job):
            by_zone.setdefault(job.timezone, []).append(job)
    if not by_zone:
        return
    timezone, herd = max(by_zone.items(), key=lambda item: len(item[1]))
    number = len(herd)
    already_said = crowded is not None and crowded.astimezone(zone(timezone)).time() == time(0)
    if number <= MOST_AT_MIDNIGHT or already_said:
        return
    what = f"{number:,} jobs run at exactly 00:00 {timezone} ({_names(herd[:_NAMED], number)})"
    findings.warning(None, ("jobs",), what, '"jitter: 30m" on them, or times of their own as from "H H * * *"')


def _is_at_midnight(job: Job) -> bool:
    schedule = job.timetable.schedule
    if not isinstance(schedule, Cron) or schedule.expression.lstrip()[:1] not in ("0", "@"):
        return False
    return parse_expression(schedule.expression, schedule.seed).pattern.times == _MIDNIGHT


def _names(jobs: list[Job], number: int) -> str:
    names = ", ".join(job.name for job in jobs)
    return f"{names} and {number - len(jobs):,} more" if number > len(jobs) else names
