"""The form in which a timetable travels through Redis."""

import json
import pickle
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timetable import (
    At,
    Calendar,
    Cron,
    DayRule,
    Dst,
    Every,
    Fold,
    Gap,
    Jitter,
    Move,
    Schedule,
    ScheduleError,
    Timetable,
    Window,
    from_stored,
    to_stored,
)  # fmt: skip
from scheduler.timetable.stored import stored_text

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)

CRON = {
    "__type__": "scheduler",
    "v": 1,
    "cron": "30 2 * * *",
    "dst": {"gap": "shift", "fold": "both"},
    "seed": "nightly",
    "timezone": "Europe/Berlin",
}
EVERY = {
    "__type__": "scheduler",
    "v": 1,
    "every": 900,
    "anchor": "2026-05-05T12:00:00+00:00",
    "timezone": "UTC",
}
AT = {"__type__": "scheduler", "v": 1, "at": ["2026-05-05T12:00:00+00:00"], "timezone": "Asia/Tokyo"}


WHOLE = {
    **CRON,
    "starts": "2026-05-05T12:00:00+00:00",
    "ends": "2027-05-05T12:00:00+00:00",
    "days": {
        "skip": {"days": "2026-12-25 12-26 2027-01-01", "weekdays": [6]},
        "only": {"days": "", "weekdays": [0, 1, 2]},
        "move": "next_business_day",
        "weekend": [4, 5],
    },
    "jitter": {"seconds": 1800, "seed": "nightly"},
}
DATES = frozenset({date(2026, 12, 26), date(2027, 1, 1), date(2026, 12, 25)})
CHRISTMAS = Calendar(DATES, frozenset({6}), {}, "holidays")
RULE = DayRule(CHRISTMAS, Calendar(weekdays=frozenset({0, 1, 2})), Move.NEXT, frozenset({4, 5}))
NIGHTLY = Cron("30 2 * * *", "Europe/Berlin", Dst(Gap.SHIFT, Fold.BOTH), "nightly")
WINDOWED = {**CRON, "window": {"starts": "22:00:00", "ends": "02:30:00", "seed": "x"}}


@pytest.mark.parametrize(
    ("timetable", "stored"),
    [
        pytest.param(
            Timetable(NIGHTLY, NOON, NOON.replace(year=2027), RULE, Jitter(timedelta(minutes=30), "nightly")),
            WHOLE,
            id="bounds, days and jitter",
        ),
        pytest.param(
            Timetable(NIGHTLY, spread=Window(time(22), time(2, 30), "x")),
            WINDOWED,
            id="a window",
        ),
    ],
)
def test_each_part_of_a_timetable_has_this_form_and_comes_back(timetable: Timetable, stored: dict[str, Any]) -> None:
    assert stored_text(timetable) == json.dumps(to_stored(timetable))
    assert to_stored(timetable) == stored
    assert from_stored(json.loads(json.dumps(stored))) == timetable
    assert pickle.loads(pickle.dumps(timetable)) == timetable


@pytest.mark.parametrize(
    ("schedule", "stored"),
    [
        pytest.param(Cron("30 2 * * *", "Europe/Berlin", Dst(Gap.SHIFT, Fold.BOTH), "nightly"), CRON, id="cron"),
        pytest.param(Every(timedelta(minutes=15), anchor=NOON), EVERY, id="every"),
        pytest.param(At((NOON,), "Asia/Tokyo"), AT, id="at"),
    ],
)
def test_each_kind_has_this_form_and_comes_back(schedule: Schedule, stored: dict[str, Any]) -> None:
    assert to_stored(Timetable(schedule)) == stored
    assert stored_text(Timetable(schedule)) == json.dumps(stored)
    assert from_stored(json.loads(json.dumps(stored))) == Timetable(schedule)


def with_days(**parts: object) -> dict[str, Any]:
    return {**WHOLE, "days": {**WHOLE["days"], **parts}}


def with_skip(days: object) -> dict[str, Any]:
    return with_days(skip={"days": days, "weekdays": []})


BROKEN = [
    ("not an object", None, "not one of ours"),
    ("a list", [1], "not one of ours"),
    ("empty", {}, "not one of ours"),
    ("another type", {**CRON, "__type__": "crontab"}, "not one of ours"),
    ("no version", {key: CRON[key] for key in CRON if key != "v"}, "has version None"),
    ("a later version", {**CRON, "v": 2}, "has version 2"),
    ("a version in words", {**CRON, "v": "1"}, "has version '1'"),
    ("a version that is true", {**CRON, "v": True}, "has version True"),
    ("no kind", {"__type__": "scheduler", "v": 1}, "no single kind"),
    ("two kinds", {**CRON, "every": 5}, "no single kind"),
    ("an unknown key", {**CRON, "colour": 5}, "has the keys colour, cron, dst, seed, timezone"),
    ("a missing key", {key: CRON[key] for key in CRON if key != "seed"}, "has the keys cron, dst, timezone"),
    ("a wrong expression", {**CRON, "cron": "61 * * * *"}, 'minute "61" is not in 0-59'),
    ("an expression that is a number", {**CRON, "cron": 5}, "the stored cron is 5"),
    ("an unknown zone", {**CRON, "timezone": "Mars"}, '"Mars" is not a time zone'),
    ("a zone that is nothing", {**CRON, "timezone": None}, "the stored timezone is None"),
    ("a seed that is a list", {**CRON, "seed": []}, "the stored seed is []"),
    ("an unknown rule", {**CRON, "dst": {"gap": "sometimes", "fold": "first"}}, "the stored dst is"),
    ("a rule that is a list", {**CRON, "dst": {"gap": [], "fold": {}}}, "the stored dst is"),
    ("half a rule", {**CRON, "dst": {"gap": "skip"}}, "the stored dst is"),
    ("no rule", {**CRON, "dst": "skip"}, "the stored dst is"),
    ("an interval of zero", {**EVERY, "every": 0}, "not in whole seconds"),
    ("an interval in words", {**EVERY, "every": "15m"}, "the stored every is '15m'"),
    ("half a second", {**EVERY, "every": 0.5}, "the stored every is 0.5"),
    ("an interval that is true", {**EVERY, "every": True}, "the stored every is True"),
    ("an interval past all bounds", {**EVERY, "every": 10**30}, "the stored every is 1000"),
    ("a start without offset", {**CRON, "starts": "2026-05-05T12:00"}, "the stored instant is '2026"),
    ("an end before the start", {**WHOLE, "ends": "2025-05-05T12:00:00+00:00"}, "it ends before it starts"),
    ("days that are a list", {**WHOLE, "days": []}, "the stored days is []"),
    ("days without a move", {**WHOLE, "days": {"skip": {}, "only": None}}, "the stored days is"),
    ("a day that is none", with_skip("2026-02-30"), "the stored day is '2026-02-30'"),
    ("a day of no year", with_skip("12-25 2026-12-26"), "the stored day is '12-25'"),
    ("half a day", with_skip("2026-12-25 12"), "the stored day is '2026-12'"),
    ("days in a list", with_skip(["2026-12-25"]), "the stored days is ['2026-12-25']"),
    ("a day in numbers", with_skip(5), "the stored days is 5"),
    ("no weekdays", with_days(weekend=None), "the stored weekdays are None"),
    ("an eighth weekday", with_days(weekend=[7]), "the stored weekdays are [7]"),
    ("a move to nowhere", with_days(move="away"), "the stored move is 'away'"),
    ("a move that is a list", with_days(move=[]), "the stored move is []"),
    ("a jitter of a day", {**WHOLE, "jitter": {"seconds": 86400, "seed": ""}}, "the jitter 1d reaches the next run"),
    ("a jitter of nothing", {**WHOLE, "jitter": {"seconds": 0, "seed": ""}}, "not in whole seconds"),
    ("a jitter in words", {**WHOLE, "jitter": "30m"}, "the stored jitter is '30m'"),
    ("jitter and window", {**WINDOWED, "jitter": WHOLE["jitter"]}, "has jitter and window"),
    ("an empty window", {**CRON, "window": {"starts": "02:00", "ends": "02:00", "seed": ""}}, "is empty"),
    ("a window at 25", {**CRON, "window": {"starts": "25:00", "ends": "02:00", "seed": ""}}, "is '25:00'"),
    ("a window in numbers", {**CRON, "window": {"starts": 2, "ends": "02:00", "seed": ""}}, "time of day is 2"),
    ("a window for many runs", {**WINDOWED, "cron": "0 * * * *"}, "a window is for one run a day"),
    ("an anchor without offset", {**EVERY, "anchor": "2026-05-05T12:00:00"}, "the stored instant is '2026"),
    ("an anchor before the calendar", {**EVERY, "anchor": "0001-01-01T00:00+05:00"}, "the stored instant is '0001"),
    ("a jitter for ever", {**AT, "jitter": {"seconds": 10**11, "seed": ""}}, "longer than a hundred years"),
    ("an anchor that is a number", {**EVERY, "anchor": 5}, "the stored instant is 5"),
    ("no instants", {**AT, "at": []}, "there is no instant to run at"),
    ("instants in words", {**AT, "at": "noon"}, "the stored instants are 'noon'"),
    ("an instant that is nothing", {**AT, "at": [None]}, "the stored instant is None"),
]


@pytest.mark.parametrize(("stored", "what"), [pytest.param(row[1], row[2], id=row[0]) for row in BROKEN])
def test_a_broken_form_is_an_error_that_says_why(stored: object, what: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        from_stored(stored)
    assert what in caught.value.what


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


# What a value may become that is still of the right kind.
ODD_TEXTS = ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+14:00", "0001-01-01", "9999-12-31", "24:00", "\ud800"]
ODD_NUMBERS = [0, -1, 10**9, 10**13, 10**30]
NEAR = st.sampled_from(ODD_TEXTS) | st.sampled_from(ODD_NUMBERS)


def places(value: object, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside the form."""
    items: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [way] * bool(way) + [found for key, inner in items for found in places(inner, (*way, key))]


@settings(max_examples=400, derandomize=True, database=None, deadline=None)
@given(st.sampled_from([CRON, EVERY, AT, WHOLE, WINDOWED]), st.data(), JSON | NEAR)
def test_whatever_is_stored_nothing_but_a_schedule_error_comes_out(
    form: dict[str, Any], data: st.DataObject, value: object
) -> None:
    broken = deepcopy(form)
    *way, key = data.draw(st.sampled_from(places(form)))
    reduce(getitem, way, broken)[key] = value
    with suppress(ScheduleError):
        timetable = from_stored(broken)
        timetable.newest(NOON, NOON + timedelta(days=400), 2)
        timetable.next(NOON)
        timetable.explain()


@pytest.mark.parametrize("timezone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    "parts", [{}, {"days": WHOLE["days"]}, {"window": WINDOWED["window"]}, {"jitter": WHOLE["jitter"]}]
)
def test_the_ends_of_the_calendar_are_stored_told_and_never_due(timezone: str, parts: dict[str, Any]) -> None:
    instants = ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"]
    bounds = {"starts": instants[0], "ends": instants[1]}
    stored = {**AT, "at": instants, "timezone": timezone, **(bounds | parts if parts else {})}

    timetable = from_stored(stored)

    assert to_stored(timetable) == stored
    assert "9999-12-31" in timetable.explain()
    assert not parts or timetable.next(NOON) is None
    assert not parts or timetable.newest(NOON - timedelta(days=400), NOON, 5) == []


def test_jobs_that_share_a_calendar_share_it_after_reading_too() -> None:
    first, second = (from_stored({**WHOLE, "jitter": {"seconds": 60, "seed": seed}}) for seed in "ab")

    assert first != second
    assert first.days is second.days
