"""Fixed intervals: anchored, drift-free, in elapsed time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timetable import Every, ScheduleError

FAST = settings(max_examples=150, derandomize=True, database=None, deadline=None)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "anchor", "asked", "earlier", "later"),
    [
        pytest.param(900, "1970-01-01T00:00", "2026-05-05T10:07", "10:00:00", "10:15:00", id="on the quarter hour"),
        pytest.param(900, "1970-01-01T00:00", "2026-05-05T10:15", "10:00:00", "10:30:00", id="strictly"),
        pytest.param(900, "2026-01-01T00:05", "2026-05-05T10:07", "10:05:00", "10:20:00", id="with an anchor"),
        pytest.param(900, "2030-01-01T00:05", "2026-05-05T10:07", "10:05:00", "10:20:00", id="anchor in the future"),
        pytest.param(1, "1970-01-01T00:00", "2026-05-05T10:07", "10:06:59", "10:07:01", id="each second"),
        pytest.param(7, "2026-05-05T10:00", "2026-05-05T10:00:01", "10:00:00", "10:00:07", id="seven seconds"),
    ],
)
def test_it_counts_from_the_anchor(seconds: int, anchor: str, asked: str, earlier: str, later: str) -> None:
    every = Every(timedelta(seconds=seconds), anchor=instant(anchor))
    at = instant(asked)
    assert (every.before(at), every.after(at)) == (instant(f"2026-05-05T{earlier}"), instant(f"2026-05-05T{later}"))


def test_a_fraction_of_a_second_asks_between_two_occurrences() -> None:
    every = Every(timedelta(seconds=1))
    half = instant("2026-05-05T10:00:00.500000")
    assert (every.before(half), every.after(half)) == (instant("2026-05-05T10:00:00"), instant("2026-05-05T10:00:01"))


def test_a_day_is_24_hours_when_the_clocks_change() -> None:
    every = Every(timedelta(days=1), "Europe/Berlin", datetime.fromisoformat("2026-03-28T02:30+01:00"))
    runs = every.between(instant("2026-03-28T00:00"), instant("2026-03-31T00:00"))
    assert [f"{run:%d %H:%M}" for run in runs] == ["28 01:30", "29 01:30", "30 01:30"]


def test_an_anchor_is_kept_in_utc() -> None:
    east = datetime.fromisoformat("2026-05-05T12:00+02:00")
    assert Every(timedelta(hours=5), anchor=east) == Every(timedelta(hours=5), anchor=instant("2026-05-05T10:00"))
    assert Every(timedelta(hours=5), anchor=east).anchor.tzinfo is UTC


@pytest.mark.parametrize("seconds", [86_400, 7 * 86_400, 3600])
def test_there_is_nothing_beyond_the_ends_of_the_calendar(seconds: int) -> None:
    every = Every(timedelta(seconds=seconds))
    assert every.after(datetime.max.replace(tzinfo=UTC)) is None
    assert every.before(datetime.min.replace(tzinfo=UTC)) is None


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@FAST
@given(st.integers(1, 100_000_000), MOMENTS, MOMENTS, st.integers(0, 20))
def test_before_and_after_are_inverse_and_windows_concatenate(
    seconds: int, anchor: datetime, asked: datetime, count: int
) -> None:
    every = Every(timedelta(seconds=seconds), anchor=anchor)
    following, preceding = every.after(asked), every.before(asked)
    assert following is not None
    assert preceding is not None
    assert preceding < asked < following
    assert (following - anchor) % every.interval == timedelta(0)
    assert every.after(preceding) in (asked, following)
    until = asked + count * every.interval
    middle = asked + count * every.interval / 3
    assert [*every.between(asked, middle), *every.between(middle, until)] == list(every.between(asked, until))
    assert len(list(every.between(asked, until))) == count


@pytest.mark.parametrize(
    ("interval", "shown"),
    [
        pytest.param(timedelta(0), "0:00:00", id="zero"),
        pytest.param(timedelta(seconds=-5), "-1 day, 23:59:55", id="negative"),
        pytest.param(timedelta(milliseconds=900), "0:00:00.900000", id="below a second"),
        pytest.param(timedelta(seconds=1.5), "0:00:01.500000", id="not whole"),
    ],
)
def test_an_interval_is_whole_seconds(interval: timedelta, shown: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Every(interval)
    assert caught.value.what == f'the interval "{shown}" is not in whole seconds'
    assert caught.value.expected == "1s or more"


def test_a_naive_anchor_is_refused() -> None:
    with pytest.raises(ScheduleError, match="has no offset"):
        Every(timedelta(hours=1), anchor=datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ScheduleError, match='"Mars" is not a time zone'):
        Every(timedelta(hours=1), "Mars")


def test_it_says_when_it_runs() -> None:
    assert Every(timedelta(minutes=90)).explain() == "Every 1h30m, counted from 1970-01-01T00:00:00Z."


@pytest.mark.parametrize(
    ("interval", "zone_name", "notes"),
    [
        pytest.param(
            timedelta(days=1),
            "Europe/Berlin",
            ('"every: 1d" counts elapsed time: its time of day moves when the clocks change',),
            id="a day where clocks change",
        ),
        pytest.param(timedelta(days=1), "UTC", (), id="a day in UTC"),
        pytest.param(timedelta(days=1), "Asia/Kolkata", (), id="a day where clocks do not change"),
        pytest.param(timedelta(hours=1), "Europe/Berlin", (), id="an hour"),
    ],
)
def test_days_that_move_against_the_clock_are_noted(
    interval: timedelta, zone_name: str, notes: tuple[str, ...]
) -> None:
    assert Every(interval, zone_name).notes() == notes


def test_another_offset_asks_the_same() -> None:
    asked = datetime(2026, 5, 5, 12, 7, tzinfo=timezone(timedelta(hours=2)))
    assert Every(timedelta(minutes=15)).after(asked) == instant("2026-05-05T10:15")
