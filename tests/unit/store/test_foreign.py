"""Schedules of Celery's own kinds, asked for one occurrence after the other over the nights of the clock changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from celery.schedules import crontab, schedule, solar  # noqa: TID251 (what applications configure)
from redbeat.schedules import rrule

from scheduler.store.foreign import ForeignTimetable

MINUTE = timedelta(minutes=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Beirut"]


def in_zone(zone: str, kind: Any) -> ForeignTimetable:
    app = Celery("theirs", set_as_current=False)
    app.conf.timezone = zone
    kind.app = app
    return ForeignTimetable(kind)


def walk(timetable: ForeignTimetable, start: datetime, end: datetime) -> Iterator[datetime]:
    mark = start
    while (following := timetable.next(mark)) is not None and following.dispatch < end:
        mark = following.dispatch
        yield mark


def local(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def days(zone: str) -> Iterator[datetime]:
    """Yield the days of 2026 on which the zone's clocks change."""
    tz = ZoneInfo(zone)
    for number in range(364):
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
        if day.astimezone(tz).utcoffset() != (day + timedelta(days=1)).astimezone(tz).utcoffset():
            yield day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="each minute"),
        pytest.param({"minute": "*/10"}, id="each ten minutes"),
        pytest.param({"minute": 0}, id="each hour"),
        pytest.param({"minute": 45}, id="each hour at 45"),
        pytest.param({"minute": 30, "day_of_week": "sun"}, id="each hour of Sundays"),
        pytest.param({"minute": 0, "day_of_month": "8,29"}, id="each hour of two days of the month"),
    ],
)
def test_a_crontab_for_each_hour_follows_the_clock(zone: str, fields: dict[str, Any]) -> None:
    tz = ZoneInfo(zone)
    for day in days(zone):
        kind = crontab(**fields)
        start, end = day - timedelta(hours=30), day + timedelta(hours=54)
        minutes = (start + timedelta(minutes=number) for number in range(1, 84 * 60))
        assert list(walk(in_zone(zone, kind), start, end)) == [
            one for one in minutes if _fits(kind, one.astimezone(tz))
        ]


def _fits(kind: Any, when: datetime) -> bool:
    return (
        when.minute in kind.minute
        and when.day in kind.day_of_month
        and when.isoweekday() % 7 in kind.day_of_week
        and when.month in kind.month_of_year
    )


def test_a_crontab_at_a_fixed_hour_runs_once_where_its_time_comes_twice() -> None:
    timetable = in_zone("Europe/Berlin", crontab(minute=30, hour=2))
    found = list(walk(timetable, local("2026-10-24T00:00"), local("2026-10-27T00:00")))

    assert found == [local("2026-10-24T02:30"), local("2026-10-25T02:30"), local("2026-10-26T02:30")]


def test_a_crontab_at_a_fixed_hour_runs_once_where_its_time_is_skipped() -> None:
    timetable = in_zone("Europe/Berlin", crontab(minute=30, hour=2))
    found = list(walk(timetable, local("2026-03-28T00:00"), local("2026-03-31T00:00")))

    assert found == [local("2026-03-28T02:30"), local("2026-03-29T03:30"), local("2026-03-30T02:30")]


@pytest.mark.parametrize("minute", [0, 10, 29, 30, 59])
def test_a_mark_within_the_repeated_hour_ends_no_crontab(minute: int) -> None:
    timetable = in_zone("Europe/Berlin", crontab(minute=30, hour=2))
    following = timetable.next(local(f"2026-10-25T02:{minute:02}", fold=1))

    assert following is not None
    assert following.dispatch == local("2026-10-26T02:30")


def test_the_zone_of_the_application_is_that_of_its_crontabs() -> None:
    following = in_zone("Asia/Tokyo", crontab(minute=0, hour=7)).next(datetime(2026, 1, 1, tzinfo=UTC))

    assert following is not None
    assert following.dispatch == datetime(2026, 1, 1, 22, tzinfo=UTC)


def test_an_interval_is_elapsed_time_whatever_the_clocks_do() -> None:
    timetable = in_zone("Europe/Berlin", schedule(timedelta(hours=1)))
    start = local("2026-10-25T01:30")

    assert list(walk(timetable, start, start + timedelta(hours=4))) == [start + timedelta(hours=n) for n in (1, 2, 3)]
    assert [one.dispatch for one in timetable.newest(start, start + timedelta(hours=3), 2)] == [
        start + timedelta(hours=2),
        start + timedelta(hours=3),
    ]


def test_a_relative_interval_comes_at_whole_hours() -> None:
    timetable = in_zone("UTC", schedule(timedelta(hours=2), relative=True))
    mark = datetime(2026, 1, 1, 3, 17, 5, tzinfo=UTC)

    expected = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in (5, 7, 9)]
    assert [one.dispatch for one in timetable.newest(mark, mark + timedelta(hours=6), 10)] == expected
    assert timetable.count(mark, mark + timedelta(hours=6)) == 3


def test_a_recurrence_rule_that_has_ended_has_no_next() -> None:
    rule = rrule("HOURLY", dtstart=datetime(2026, 1, 1, tzinfo=UTC), count=2)
    found = list(walk(in_zone("UTC", rule), datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))

    assert found == [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)]


def test_the_sun_sets_once_a_day_in_any_zone() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    sunsets = [
        list(walk(in_zone(zone, solar("sunset", 52.5, 13.4)), start, start + timedelta(days=60))) for zone in ZONES
    ]

    assert sunsets == [sunsets[0]] * len(ZONES)
    gaps = [second - first for first, second in zip(sunsets[0], sunsets[0][1:], strict=False)]
    assert all(timedelta(hours=23, minutes=50) < gap < timedelta(hours=24, minutes=10) for gap in gaps)
    assert len(sunsets[0]) == 60


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Phoenix"])
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="each minute"),
        pytest.param({"minute": "5,50", "hour": "0,7-20"}, id="times of a day"),
        pytest.param({"day_of_week": "sun,wed", "day_of_month": "1-20"}, id="of days of both kinds"),
        pytest.param({"minute": "*/2", "month_of_year": "3"}, id="of a month"),
    ],
)
def test_months_of_a_crontab_are_counted(zone: str, fields: dict[str, Any]) -> None:
    kind, tz = crontab(**fields), ZoneInfo(zone)
    timetable = in_zone(zone, kind)
    mark, now = datetime(2026, 2, 11, 14, 50, 31, tzinfo=UTC), datetime(2026, 5, 6, 3, 5, 45, tzinfo=UTC)
    minutes = [mark + timedelta(seconds=29) + timedelta(minutes=number) for number in range((now - mark) // MINUTE)]
    expected = [one for one in minutes if _fits(kind, one.astimezone(tz)) and one.astimezone(tz).hour in kind.hour]

    assert timetable.count(mark, now) == len(expected) > 1_000
    assert timetable.count(mark, expected[0]) == 1
    assert timetable.count(expected[0], now) == len(expected) - 1


def test_years_of_an_interval_are_counted() -> None:
    timetable = in_zone("UTC", schedule(timedelta(seconds=1)))
    start = datetime(2016, 1, 1, tzinfo=UTC)

    assert timetable.count(start, datetime(2026, 1, 1, tzinfo=UTC)) == 3_653 * 86_400
    assert timetable.count(start, start - timedelta(days=1)) == 0


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_recurrence_rule_is_gone_through_once(zone: str) -> None:
    tz = ZoneInfo(zone)
    rule = rrule("MINUTELY", dtstart=datetime(2026, 2, 27, tzinfo=tz), interval=15, byhour=[1, 2, 3])
    timetable = in_zone(zone, rule)
    mark, now = local("2026-03-20T01:00", zone), local("2026-03-31T02:30", zone)
    walked = list(walk(timetable, mark, now + MINUTE))

    assert timetable.count(mark, now) == len(walked) > 100
    assert [one.dispatch for one in timetable.newest(mark, now, 3)] == walked[-3:]
    assert timetable.newest(now, now, 3) == []


def test_days_without_occurrences_do_not_hide_those_before_them() -> None:
    office = crontab(minute="*", hour="9-17", day_of_week="mon-fri", app=Celery(set_as_current=False))
    wednesday, sunday = datetime(2026, 11, 18, 12, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC)

    found = ForeignTimetable(office).newest(wednesday, sunday, 2)
    assert [one.nominal for one in found] == [datetime(2026, 11, 20, 17, minute, tzinfo=UTC) for minute in (58, 59)]
